import { type Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { cancelUpdate } from '../../workflows/messages.ts';
import { refused } from './decide.ts';
import { isWorkerAway } from './temporal-errors.ts';

/** How long a worker may take to accept it, in ms. */
const acceptWithinMs = 10_000;

/**
 * Calls a run off with an update, which is taken or refused at once; when no worker answers, with a request that waits with the
 * server. A refusal becomes a `UserError`.
 */
export async function cancelRun(
  client: Client,
  workflowId: string,
  runId: string,
  content: { readonly by: string; readonly reason: string },
): Promise<'update' | 'request'> {
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    await client.withDeadline(Date.now() + acceptWithinMs, () =>
      handle.executeUpdate(cancelUpdate, { args: [content] }),
    );
    return 'update';
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw refused(error);
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) && !isWorkerAway(error)) throw error;
    await handle.cancel();
    return 'request';
  }
}
