import type { Client, WorkflowExecutionDescription } from '@temporalio/client';

/**
 * The code of a workflow fails again and again: a defect of ours, or a worker of another version. The run stands
 * still until that is mended.
 */
export interface TaskFailures {
  /** Which attempt at the same step of the workflow is under way. */
  readonly attempt: number;
  /** What the first of them failed with. */
  readonly message: string;
  /** ISO 8601. */
  readonly since?: string;
}

interface TaskEvent {
  readonly eventType?: number | null;
  readonly eventTime?: { readonly seconds?: unknown } | null;
  readonly workflowTaskFailedEventAttributes?: {
    readonly failure?: { readonly message?: string | null } | null;
  } | null;
}

// temporal.api.enums.v1.EventType: WORKFLOW_TASK_COMPLETED, _TIMED_OUT, _FAILED
const taskEnds = { completed: 7, timedOut: 8, failed: 9 };

/** So many events from the end are looked at: failed attempts beyond the first are not written down. */
const lookBack = 20;

/** Reads from the server's books alone whether a workflow's code fails; undefined where it does not. */
export async function readTaskFailures(
  client: Client,
  { workflowId, runId, raw }: Pick<WorkflowExecutionDescription, 'workflowId' | 'runId' | 'raw'>,
): Promise<TaskFailures | undefined> {
  const attempt = raw.pendingWorkflowTask?.attempt ?? 0;
  if (attempt < 2) return undefined;
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: lookBack,
  });
  return taskFailuresIn(history?.events ?? [], attempt);
}

/**
 * By events, the newest first. A task that was not finished in time says nothing about the code: the
 * worker that had it was killed.
 */
export function taskFailuresIn(events: readonly TaskEvent[], attempt: number): TaskFailures | undefined {
  const ends = Object.values(taskEnds);
  const last = events.find(({ eventType }) => ends.includes(eventType ?? 0));
  if (attempt < 2 || last?.eventType !== taskEnds.failed) return undefined;
  const seconds = Number(last.eventTime?.seconds ?? 0);
  return {
    attempt,
    message: last.workflowTaskFailedEventAttributes?.failure?.message ?? 'no reason was given',
    ...(seconds === 0 ? {} : { since: new Date(seconds * 1000).toISOString() }),
  };
}
