import { stat } from 'node:fs/promises';
import path from 'node:path';
import { earlierWork } from '../../cluster/earlier-work.ts';
import { readRunCluster } from '../../cluster/run-copy.ts';
import type { RunCluster } from '../../cluster/run-copy.ts';
import { readRunRecord, updateRunRecord } from '../../cluster/run-record.ts';
import type { RunRecord } from '../../cluster/run-record.ts';
import type { MachineTrace } from '../../run/machine-trace.ts';
import type { ClusterDefinition } from '../../run/cluster-definition.ts';
import type { EarlierWork } from '../../run/plan/earlier-work.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { Attempt } from './attempt.ts';

/** The folder of a run on this worker. */
export function pathOf({ worker, run }: Attempt): string {
  return path.join(worker.folder.runs, run.folder);
}

/** The folder of one amendment: its own copy of cluster.yaml and what it names, its plan and its diffs. */
export function amendmentPathOf(attempt: Attempt, number: number): string {
  return path.join(pathOf(attempt), 'amendments', String(number));
}

/**
 * The cluster as it was when the run began, or when it was amended; the files that the user edits are
 * not looked at in between.
 */
export async function clusterOf(attempt: Attempt): Promise<ClusterDefinition> {
  return (await runClusterOf(attempt)).definition;
}

/** The same with the place of the cluster.yaml that was copied. */
export async function runClusterOf(attempt: Attempt): Promise<RunCluster> {
  const { amendment } = await recordOf(attempt);
  return readRunCluster(amendment === undefined ? pathOf(attempt) : amendmentPathOf(attempt, amendment));
}

export async function recordOf(attempt: Attempt): Promise<RunRecord> {
  return readRunRecord(pathOf(attempt));
}

/** What runs that did not end have done for the set of this plan; undefined where there is nothing to go on from. */
export async function earlierWorkOf(
  { worker, run }: Attempt,
  { set, secrets }: Pick<Plan, 'set' | 'secrets'>,
): Promise<EarlierWork | undefined> {
  return earlierWork(worker.folder, { runId: run.runId, newSet: set, secrets });
}

/** Writes something down about the run; on disk when this returns, so that it can be acted on. */
export async function record(attempt: Attempt, mutate: (record: RunRecord) => void): Promise<void> {
  await updateRunRecord(pathOf(attempt), mutate);
}

/** Writes down when something was sent to a machine or seen of it. */
export async function recordNode(attempt: Attempt, node: string, what: keyof MachineTrace): Promise<void> {
  await record(attempt, (all) => {
    all.nodes[node] = { ...all.nodes[node], [what]: new Date().toISOString() };
  });
}

/** The first of these files that is there: what a run did not save, one before it may have saved. */
export async function firstThere(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if (await isThere(file)) return file;
  return undefined;
}

export async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
