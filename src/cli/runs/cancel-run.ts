import type { Client } from '@temporalio/client';
import { type Asked, cancelUpdate } from '../../workflows/messages.ts';
import { sendUpdate } from './send-update.ts';

/**
 * Calls a run off with an update, which is taken or refused at once; when no worker answers, with a request that waits
 * with the server. A refusal becomes a `UserError`.
 */
export async function cancelRun(
  client: Client,
  workflowId: string,
  runId: string,
  asked: Asked,
): Promise<'update' | 'request'> {
  if (await sendUpdate(client, { workflowId, runId }, cancelUpdate, asked)) return 'update';
  await client.workflow.getHandle(workflowId, runId).cancel();
  return 'request';
}
