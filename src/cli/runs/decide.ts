import type { Decision } from '../../run/gates.ts';
import type { TemporalClient } from '../../temporal/connection.ts';
import { approveSignal, decideUpdate, rejectSignal } from '../../workflows/messages.ts';
import { sendUpdate } from './send-update.ts';

/** How a decision went: taken at once, or left with the server until a worker is there. */
export type Delivery = 'update' | 'signal';

/**
 * Sends a decision as an update, which is taken or refused at once; when no worker answers, as a signal, which waits
 * for one. A refusal becomes a `UserError`.
 */
export async function sendDecision(
  { client }: TemporalClient,
  workflowId: string,
  decision: Decision,
  workerAnswers: boolean,
): Promise<Delivery> {
  const run = { workflowId, runId: decision.runId };
  const updateId = `${decision.decision}-${decision.nonce}`;
  if (workerAnswers && (await sendUpdate(client, run, decideUpdate, decision, updateId))) return 'update';
  const { decision: verdict, ...content } = decision;
  const handle = client.workflow.getHandle(run.workflowId, run.runId);
  await handle.signal(verdict === 'approve' ? approveSignal : rejectSignal, content);
  return 'signal';
}
