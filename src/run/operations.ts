import type { Left, Traces } from './left-behind.ts';
import { leftByRebuild } from './left-behind.ts';
import type { Phase } from './phases.ts';
import { phases as known } from './phases.ts';

/**
 * What can be done to a cluster. A new operation is a row here, a runbook in workflows/ and a
 * planner in activities/plan/.
 */
interface OperationRow {
  /** The name under which its runbook is exported. */
  readonly workflow: string;
  /** `Rebuild`, before `of talos-k8s-cluster`. */
  readonly title: string;
  /** `rebuild`, in the middle of a sentence. */
  readonly noun: string;
  /** Whether it is asked for with the name of one machine. */
  readonly target: 'cluster' | 'machine';
  /** In order. */
  readonly phases: Readonly<Record<string, Phase>>;
  /** The outcomes that somebody who starts it hopes for, each as a short sentence. */
  readonly wanted: Readonly<Record<string, string>>;
  /** What a run of it has left behind, by what it wrote down. */
  readonly left: (traces: Traces) => Left;
}

export const operations = {
  rebuild: {
    workflow: 'rebuildCluster',
    title: 'Rebuild',
    noun: 'rebuild',
    target: 'cluster',
    phases: known,
    wanted: { rebuilt: 'Rebuilt.' },
    left: leftByRebuild,
  },
} as const satisfies Readonly<Record<string, OperationRow>>;

type Rows = typeof operations;

export type Operation = keyof Rows;

export type PhaseName = { [O in Operation]: keyof Rows[O]['phases'] }[Operation];

/** How an operation ends that has done what it is for. */
export type WantedOutcome = { [O in Operation]: keyof Rows[O]['wanted'] }[Operation];

/** Which part of a cluster an operation is asked for. */
export type TargetOf<O extends Operation> = Rows[O]['target'];

const rows: Readonly<Record<Operation, OperationRow>> = operations;

export function isOperation(name: string): name is Operation {
  return Object.hasOwn(rows, name);
}

/** The row of an operation. */
export function operationOf(operation: Operation): OperationRow {
  return rows[operation];
}

/** The names of an operation's phases, in order. */
export function phasesOf(operation: Operation): PhaseName[] {
  return Object.keys(rows[operation].phases) as PhaseName[];
}

/** A phase has one title, whichever operation it is part of. */
export const phases: Readonly<Record<PhaseName, Phase>> = Object.assign(
  {},
  ...Object.values(rows).map((row) => row.phases),
);

/** The names of the runbooks, by which runs are found on a Temporal server. */
export const runbooks: readonly string[] = Object.values(rows).map(({ workflow }) => workflow);

/** The sentence of an outcome that was hoped for; undefined where it is another one. */
export function wantedInWords(outcome: string): string | undefined {
  for (const { wanted } of Object.values(rows)) if (Object.hasOwn(wanted, outcome)) return wanted[outcome];
  return undefined;
}

/** `Rebuild`, or `Plan of a rebuild`: what a run is, as a title. */
export function titleOf({
  operation,
  onlyPlan,
}: {
  readonly operation: Operation;
  readonly onlyPlan: boolean;
}): string {
  const { title, noun } = rows[operation];
  return onlyPlan ? `Plan of a ${noun}` : title;
}
