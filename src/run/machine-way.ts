import type { PlannedNode } from './plan/plan.ts';
import type { RunReference } from './run-reference.ts';

/** The way of one machine from the cluster that it is in to the one that it is to be in. */
export interface MachineWay {
  readonly run: RunReference;
  readonly node: PlannedNode;
  /** Name of the set that it comes from; absent where it comes from maintenance mode. */
  readonly from?: string;
  /** Name of the set that it goes to. */
  readonly to: string;
  /** Addresses of the planned control planes: a worker gets its certificate from one of them. */
  readonly controlPlanes: readonly string[];
  /**
   * Whether the plan was amended since it was approved: the machine may run under an earlier configuration
   * of the set that it goes to.
   */
  readonly isAmended: boolean;
}
