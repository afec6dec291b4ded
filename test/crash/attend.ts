import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowFailedError } from '@temporalio/client';
import type { ApprovalGate, FailureGate } from '../../src/run/gates.ts';
import type { Progress } from '../../src/run/progress.ts';
import { type RunRequest, workflowIdOf } from '../../src/run/request.ts';
import { answerUpdate, decideUpdate, progressQuery } from '../../src/workflows/messages.ts';

const lookEveryMs = 200;
const answerWithinMs = 3_000;

export interface Attending {
  readonly client: Client;
  readonly taskQueue: string;
  readonly request: RunRequest;
  readonly signal: AbortSignal;
  /** A question was opened that is no approval; it is answered with `retry`. */
  readonly asked: (gate: FailureGate) => void;
}

/**
 * Starts a rebuild and does what a person would, through all that happens to worker and server: approves the plan,
 * answers every failure with `retry`. Resolves when the run has ended; rejects when it was lost or failed.
 */
export async function attendRebuild({ client, taskQueue, request, signal, asked }: Attending): Promise<Progress> {
  const workflowId = workflowIdOf(request.cluster);
  const within = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + answerWithinMs, call);
  const handle = client.workflow.getHandle(workflowId);
  const known = new Set<string>();
  let isStarted = false;
  while (!signal.aborted) {
    try {
      if (!isStarted) await within(() => start());
      isStarted = true;
      const { status } = await within(() => handle.describe());
      if (status.name !== 'RUNNING') return (await within(() => handle.result())) as Progress;
      const progress = await within(() => handle.query(progressQuery));
      for (const gate of progress.gates) await (gate.kind === 'approval' ? approve(gate, progress.runId) : retry(gate));
    } catch (error) {
      if (error instanceof WorkflowFailedError) throw new Error('the run failed, or was lost', { cause: error });
      // The server or the worker is away, which is what this is about.
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
  throw new Error('the round took too long, or was interrupted');

  async function start(): Promise<void> {
    try {
      await client.workflow.start('rebuildCluster', {
        workflowId,
        taskQueue,
        workflowTaskTimeout: '5s',
        args: [request],
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error; // an answer that was lost
    }
  }

  async function approve({ id, nonce, digest }: ApprovalGate, runId: string): Promise<void> {
    const decision = { gate: id, nonce, digest, runId, decision: 'approve', by: 'crash', reason: '' } as const;
    await within(() => handle.executeUpdate(decideUpdate, { args: [decision], updateId: `approve-${nonce}` }));
  }

  async function retry(gate: FailureGate): Promise<void> {
    const { id, nonce } = gate;
    if (!known.has(nonce)) asked(gate);
    known.add(nonce);
    const answer = { gate: id, nonce, choice: 'retry', by: 'crash', reason: '' } as const;
    await within(() => handle.executeUpdate(answerUpdate, { args: [answer], updateId: `retry-${nonce}` }));
  }
}
