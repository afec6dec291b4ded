import { setTimeout as sleep } from 'node:timers/promises';
import type { TemporalClient } from '../../temporal/connection.ts';

/**
 * A worker asks again at least once a minute; one that did not is gone, though the server lists
 * it for some minutes more.
 */
const goneAfterMs = 75_000;

const workflowTasks = 1; // temporal.api.enums.v1.TaskQueueType
const normalQueue = 1; // temporal.api.enums.v1.TaskQueueKind

/** The server lists a worker some moments after it has begun to poll. */
const patienceMs = 5_000;
const lookEveryMs = 250;

/** Whether a worker polls a task queue; one that is just starting is waited for. */
export async function hasWorker(temporal: TemporalClient, taskQueue: string): Promise<boolean> {
  const endsAt = Date.now() + patienceMs;
  while (!(await isPolled(temporal, taskQueue))) {
    if (Date.now() > endsAt) return false;
    await sleep(lookEveryMs);
  }
  return true;
}

async function isPolled({ client, namespace }: TemporalClient, taskQueue: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue, kind: normalQueue },
    taskQueueType: workflowTasks,
  });
  return (pollers ?? []).some(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > Date.now() - goneAfterMs,
  );
}
