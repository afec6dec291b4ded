import { openRun as openRunFolder } from '../../cluster/runs.ts';
import type { RunRequest } from '../../run/request.ts';
import type { OpenedRun } from '../../run/run-reference.ts';
import type { RunlessAttempt } from '../attempt/attempt.ts';

export interface OpenRunInput {
  readonly request: RunRequest;
  readonly runId: string;
  /** ISO 8601, by the workflow's clock. */
  readonly startedAt: string;
}

/**
 * Copies cluster.yaml and all that it names into the run's folder: from then on only the copy is read. May run again:
 * until a plan is made it copies anew, so that a person can mend what preflight found. Fails with `ClusterFileInvalid`.
 */
export async function openRun(attempt: RunlessAttempt, input: OpenRunInput): Promise<OpenedRun> {
  const { request, runId, startedAt } = input;
  attempt.say(`reading ${request.clusterFile}`);
  const { name, path, cluster } = await openRunFolder(attempt.worker.folder, {
    runId,
    startedAt,
    operation: request.operation,
    clusterFile: request.clusterFile,
  });
  const { definition } = cluster;
  return {
    run: { folder: name, runId },
    cluster: definition.name,
    path,
    notifiers: definition.notify.length,
    nodes: definition.nodes.map(({ name: node, role, address }) => ({ name: node, role, address })),
  };
}
