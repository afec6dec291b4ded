import type { Client } from '@temporalio/client';
import { type Asked, pauseUpdate, resumeUpdate } from '../../workflows/messages.ts';
import { sendUpdate } from './send-update.ts';

/** Pauses a run or lets it go on; false when no worker is there to take it. A refusal becomes a `UserError`. */
export function holdRun(
  client: Client,
  what: 'pause' | 'resume',
  workflowId: string,
  runId: string,
  asked: Asked,
): Promise<boolean> {
  return sendUpdate(client, { workflowId, runId }, what === 'pause' ? pauseUpdate : resumeUpdate, asked);
}
