import { type Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { Answer } from '../../run/gates.ts';
import { answerUpdate } from '../../workflows/messages.ts';
import { refused } from './decide.ts';
import { isWorkerAway } from './temporal-errors.ts';

/** How long a worker may take to accept an answer, in ms. */
const acceptWithinMs = 10_000;

/** Answers a failure's question; false when no worker is there to take the answer. A refusal becomes a `UserError`. */
export async function answerGate(client: Client, workflowId: string, runId: string, answer: Answer): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + acceptWithinMs, () =>
      client.workflow.getHandle(workflowId, runId).executeUpdate(answerUpdate, {
        args: [answer],
        updateId: `answer-${answer.choice}-${answer.nonce}`,
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw refused(error);
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isWorkerAway(error)) return false;
    throw error;
  }
}
