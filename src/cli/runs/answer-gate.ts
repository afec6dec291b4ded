import type { Client } from '@temporalio/client';
import type { Answer } from '../../run/gates.ts';
import { answerUpdate } from '../../workflows/messages.ts';
import { sendUpdate } from './send-update.ts';

/** Answers a failure's question; false when no worker is there to take the answer. A refusal becomes a `UserError`. */
export function answerGate(client: Client, workflowId: string, runId: string, answer: Answer): Promise<boolean> {
  return sendUpdate(client, { workflowId, runId }, answerUpdate, answer, `answer-${answer.choice}-${answer.nonce}`);
}
