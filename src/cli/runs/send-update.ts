import { type Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { UserError } from '../user-error.ts';
import { isWorkerAway } from './temporal-errors.ts';

/** How long a worker may take to accept a message, in ms. */
const acceptWithinMs = 10_000;

/** Which run a message is for. */
export interface Addressee {
  readonly workflowId: string;
  readonly runId: string;
}

/**
 * Sends a message that a run takes or refuses at once; false when no worker is there to take it. A refusal becomes a
 * `UserError`. `updateId` makes it safe to send twice.
 */
export async function sendUpdate<Content>(
  client: Client,
  { workflowId, runId }: Addressee,
  update: UpdateDefinition<void, [Content]>,
  content: Content,
  updateId?: string,
): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + acceptWithinMs, () =>
      client.workflow.getHandle(workflowId, runId).executeUpdate<void, [Content]>(update, {
        args: [content],
        ...(updateId === undefined ? {} : { updateId }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError)
      throw new UserError(`Refused: ${error.cause?.message ?? error.message}`, { cause: error });
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isWorkerAway(error)) return false;
    throw error;
  }
}
