import type { NodeRole } from './cluster-definition.ts';
import type { Finding } from './findings.ts';
import type { Choice, FailureGate, Gate } from './gates.ts';
import type { Operation, PhaseName } from './operations.ts';
import type { Outcome } from './outcomes.ts';
import type { ApprovablePlan } from './plan/approvable-plan.ts';

/**
 * Everything that a person sees of a run: terminal, `status --json`, Web UI and report all render this one object.
 * Instants are ISO 8601 by the workflow's clock, never elapsed times.
 */
export interface Progress {
  readonly version: 1;
  readonly operation: Operation;
  /** Nobody is asked, and nothing is touched: the run ends with its plan. */
  readonly onlyPlan: boolean;
  readonly cluster: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly requestedBy: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly outcome?: Outcome;
  /** One sentence on the outcome. */
  readonly verdict?: string;
  /** The run's folder on the worker; absent until it is made. */
  readonly folder?: string;
  readonly phases: readonly PhaseProgress[];
  readonly nodes: readonly NodeProgress[];
  readonly gates: readonly Gate[];
  /** The questions that failures have opened and that are closed, newest last, at most 20. */
  readonly closedGates?: readonly ClosedGate[];
  readonly findings: readonly Finding[];
  readonly plan?: ApprovablePlan;
  /** Every decision on what a person was asked to agree to, the first is that on the plan. */
  readonly approvals: readonly ApprovalRecord[];
  /** Somebody asked the run to pause. */
  readonly pause?: Pause;
  /** When the old control plane lost quorum. */
  readonly pointOfNoReturnPassedAt?: string;
  readonly bootstrapNode?: string;
  readonly failover?: FailoverResult;
  /** When somebody asked to cancel, and what came of it. */
  readonly cancelRequestedAt?: string;
  /** Messages that were refused or decisions taken, newest last, at most 20. */
  readonly remarks: readonly Remark[];
}

export interface PhaseProgress {
  readonly name: PhaseName;
  readonly state: 'waiting' | 'running' | 'gate' | 'done' | 'skipped';
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly note?: string;
}

export interface NodeProgress {
  readonly name: string;
  readonly role: NodeRole;
  readonly address: string;
  readonly stage: NodeStage;
  readonly since: string;
}

/** Where a machine is on its way through a rebuild: `applying` from its configuration on until it runs under it. */
export type NodeStage = 'waiting' | 'resetting' | 'maintenance' | 'applying' | 'running' | 'failed' | 'given up';

export interface Pause {
  readonly by: string;
  readonly reason: string;
  readonly requestedAt: string;
  /** Where the run stands still, in words; absent until it gets to a safe point. */
  readonly at?: string;
}

export interface ApprovalRecord {
  /** The id of the gate that asked. */
  readonly gate: string;
  readonly digest: string;
  readonly decision: 'approve' | 'reject' | 'expired';
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  /** Which way the decision came in. */
  readonly via: 'update' | 'signal' | 'deadline';
}

/** A question that was answered, or that nobody had to answer any more. */
export interface ClosedGate extends FailureGate {
  readonly closedAt: string;
  readonly answer?: Choice;
}

export interface Remark {
  readonly at: string;
  readonly text: string;
}

/** What the failover drill showed. `proven: false` says why in `reason`. */
export type FailoverResult =
  | {
      readonly proven: true;
      readonly from: string;
      readonly to: string;
      /**
       * Longest time without an answer from the API through the VIP, from the last success before to the first after,
       * in ms; where no probe failed, the time between two probes: it is never understated.
       */
      readonly gapMs: number;
      readonly budgetMs: number;
      readonly startedAt: string;
      readonly endedAt: string;
      readonly probes: number;
    }
  | { readonly proven: false; readonly reason: string };
