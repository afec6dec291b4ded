import type { Approvals } from '../cluster-definition.ts';
import type { Finding } from '../findings.ts';
import type { Operation } from '../operations.ts';

/** What is planned, whatever it is: complete, so that its digest stands for everything that decides the outcome. */
export interface PlannedWork {
  readonly cluster: string;
  /** Before what a person is asked, and for how long. */
  readonly approval: Approvals;
}

/** A plan with what it takes to show and approve it. */
export interface AnyPlan<O extends Operation, W extends PlannedWork = PlannedWork> {
  readonly operation: O;
  readonly plan: W;
  /** `sha256:<64 hex digits>` over `plan` in canonical form. */
  readonly digest: string;
  /** What an earlier run left undone, and what that means now; absent where there is none. */
  readonly goesOn?: readonly string[];
  /**
   * For people: what an earlier run left undone, what is lost, what stays, when the API is away.
   * One line each, no secrets.
   */
  readonly consequences: readonly string[];
  /** What the plan would come to; an error forbids the run. */
  readonly findings: readonly Finding[];
}
