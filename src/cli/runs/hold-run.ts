import { type Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { type Asked, pauseUpdate, resumeUpdate } from '../../workflows/messages.ts';
import { refused } from './decide.ts';
import { isWorkerAway } from './temporal-errors.ts';

/** How long a worker may take to accept it, in ms. */
const acceptWithinMs = 10_000;

/** Pauses a run or lets it go on; false when no worker is there to take it. A refusal becomes a `UserError`. */
export async function holdRun(
  client: Client,
  what: 'pause' | 'resume',
  workflowId: string,
  runId: string,
  asked: Asked,
): Promise<boolean> {
  const update = what === 'pause' ? pauseUpdate : resumeUpdate;
  try {
    await client.withDeadline(Date.now() + acceptWithinMs, () =>
      client.workflow.getHandle(workflowId, runId).executeUpdate(update, { args: [asked] }),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw refused(error);
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isWorkerAway(error)) return false;
    throw error;
  }
}
