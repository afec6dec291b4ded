import { workflowIdOf } from '../../src/run/request.ts';
import type { Rehearsal, RunningRebuild } from './rehearsal.ts';

/** The last workflow task of a run so far: the point to which it can be reset. */
export async function lastWorkflowTask({ handle }: RunningRebuild): Promise<number> {
  const { events = [] } = await handle.fetchHistory();
  const last = (events ?? []).findLast((event) => event.workflowTaskCompletedEventAttributes);
  return Number(last?.eventId);
}

/**
 * Sets a run back to a workflow task, as the Web UI does: another run of the same id goes on from
 * there. Resolves with its id.
 */
export async function resetWorkflow({ client, cluster }: Rehearsal, runId: string, event: number): Promise<string> {
  const reset = await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: workflowIdOf(cluster), runId },
    reason: 'a person was curious',
    requestId: `${runId}-${event}`,
    workflowTaskFinishEventId: event as never,
  });
  return reset.runId;
}
