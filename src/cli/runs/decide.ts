import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { Decision } from '../../run/gates.ts';
import type { TemporalClient } from '../../temporal/connection.ts';
import { approveSignal, decideUpdate, rejectSignal } from '../../workflows/messages.ts';
import { UserError } from '../user-error.ts';
import { isWorkerAway } from './temporal-errors.ts';

/** How long a worker may take to accept a decision, in ms. */
const acceptWithinMs = 10_000;

/** How a decision went: taken at once, or left with the server until a worker is there. */
export type Delivery = 'update' | 'signal';

/**
 * Sends a decision as an update, which is taken or refused at once; when no worker answers, as a signal, which waits for one.
 * A refusal becomes a `UserError`.
 */
export async function sendDecision(
  { client }: TemporalClient,
  workflowId: string,
  decision: Decision,
  workerAnswers: boolean,
): Promise<Delivery> {
  const handle = client.workflow.getHandle(workflowId, decision.runId);
  if (workerAnswers) {
    try {
      await client.withDeadline(Date.now() + acceptWithinMs, () =>
        handle.executeUpdate(decideUpdate, { args: [decision], updateId: `${decision.decision}-${decision.nonce}` }),
      );
      return 'update';
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) throw refused(error);
      if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) && !isWorkerAway(error)) throw error;
    }
  }
  const { decision: verdict, ...content } = decision;
  await handle.signal(verdict === 'approve' ? approveSignal : rejectSignal, content);
  return 'signal';
}

/** What a workflow said when it refused a message, for the person who sent it. */
export function refused(error: WorkflowUpdateFailedError): UserError {
  return new UserError(`Refused: ${error.cause?.message ?? error.message}`, { cause: error });
}
