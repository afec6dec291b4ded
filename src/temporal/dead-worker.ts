import { ActivityNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

/** `PENDING_ACTIVITY_STATE_STARTED` of Temporal's API. */
export const stepStarted = 2;

/** To try longer would gain nothing: the heartbeat timeout ends the steps soon afterwards. */
const answerWithinMs = 3_000;

/**
 * Tells the server that a worker is dead, so that what it carried out is given out again at once and not after its
 * heartbeat timeout. To be called only when the process is known to be gone, and before a worker polls that may have
 * the same identity. Where that fails, the heartbeat timeout does it a little later. Resolves with the number of
 * steps that are free again.
 */
export async function endStepsOf(client: Client, taskQueue: string, identity: string): Promise<number> {
  let ended = 0;
  try {
    await client.withDeadline(Date.now() + answerWithinMs, async () => {
      const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`;
      for await (const { workflowId, runId } of client.workflow.list({ query }))
        ended += await endStepsIn(client, { workflowId, runId }, identity);
    });
  } catch {
    // The server is away, or slow: no reason for a worker not to start.
  }
  return ended;
}

async function endStepsIn(
  client: Client,
  run: { readonly workflowId: string; readonly runId: string },
  identity: string,
): Promise<number> {
  const { raw } = await client.workflow.getHandle(run.workflowId, run.runId).describe();
  const lost = (raw.pendingActivities ?? []).filter(
    (one) => Number(one.state) === stepStarted && one.lastWorkerIdentity === identity,
  );
  const failure = ApplicationFailure.create({
    type: 'WorkerKilled',
    message: `the worker ${identity} is gone`,
    nextRetryDelay: '100ms', // the pauses between retries grow, and are for what fails by itself
  });
  let ended = 0;
  for (const { activityId } of lost) {
    try {
      await client.activity.fail({ ...run, activityId: activityId ?? '' }, failure);
      ended++;
    } catch (error) {
      if (!(error instanceof ActivityNotFoundError)) throw error; // it has just ended by itself, or its run has
    }
  }
  return ended;
}
