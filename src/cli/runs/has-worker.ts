import type { TemporalClient } from '../../temporal/connection.ts';

/** A worker asks again at least once a minute; one that did not is gone, though the server lists it for some minutes more. */
const goneAfterMs = 75_000;

const workflowTasks = 1; // temporal.api.enums.v1.TaskQueueType
const normalQueue = 1; // temporal.api.enums.v1.TaskQueueKind

/** Whether a worker polls a task queue. */
export async function hasWorker({ client, namespace }: TemporalClient, taskQueue: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue, kind: normalQueue },
    taskQueueType: workflowTasks,
  });
  return (pollers ?? []).some(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > Date.now() - goneAfterMs,
  );
}
