import assert from 'node:assert/strict';
import type { Outcome } from '../../src/run/outcomes.ts';
import type { Rehearsal, RehearsalOptions, StartedRebuild } from '../rebuild/rehearsal.ts';

/** One way that a run can take, of which the histories are kept. */
export interface RecordedPath {
  /** The folder below `test/histories/`. */
  readonly name: string;
  /** Stands somewhere in its histories only if it was taken. */
  readonly mark: string;
  readonly options: RehearsalOptions;
  /**
   * Takes it, through real parts, and fails if the run goes another way. Resolves with the ids of the cluster's runs.
   */
  readonly take: (rehearsal: Rehearsal) => Promise<readonly string[]>;
}

/** As few machines as most paths need: no failover can be proved on them, so their drill is left out. */
export const twoMachines = { controlPlanes: 1, workers: 1 } as const;

/** Waits for the end of a run, which has to be this one, and resolves with its id. */
export async function endOf(rebuild: StartedRebuild, outcome: Outcome): Promise<string> {
  const progress = await rebuild.result();
  assert.equal(progress.outcome, outcome, progress.verdict);
  return rebuild.handle.firstExecutionRunId;
}
