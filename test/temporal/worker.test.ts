import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { setImmediate } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import type { Client, FullActivityId } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Worker, WorkflowBundleOption } from '@temporalio/worker';
import { connectWorker } from '../../src/temporal/connect-worker.ts';
import { type TemporalClient, connectClient } from '../../src/temporal/connection.ts';
import { endStepsOf } from '../../src/temporal/dead-worker.ts';
import type { EmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { installRuntime } from '../../src/temporal/runtime.ts';
import { createWorker, workerIdentity } from '../../src/temporal/worker.ts';
import { bundleWorkflows, workflowBundle } from '../../src/temporal/workflow-bundle.ts';
import { settingsOf, startServer } from './server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('a worker', { timeout: 180_000 }, () => {
  const cleanups: (() => unknown)[] = [];
  let server: EmbeddedServer;
  let temporal: TemporalClient;
  let bundle: WorkflowBundleOption;

  before(async () => {
    const scope = { after: (fn: () => unknown) => cleanups.unshift(fn) };
    server = await startServer(scope, { folder: await temporaryFolder(scope) });
    temporal = await connectClient(settingsOf(server));
    cleanups.unshift(temporal.close);
    installRuntime();
    bundle = { code: await bundleWorkflows(fileURLToPath(new URL('fixture/workflows.ts', import.meta.url))) };
  });
  after(async () => {
    for (const cleanup of cleanups) await cleanup();
  });

  test('carries out a workflow and its steps', async () => {
    const result = await withWorker('carries-out', { step: async () => 'done' }, () =>
      temporal.client.workflow.execute('oneStep', { taskQueue: 'carries-out', workflowId: 'talos/carries-out' }),
    );
    assert.equal(result, 'done');
  });

  test('lets a step hear of its cancellation while it waits', async () => {
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const waitUntilCancelled = async () => {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), 200);
      begun();
      return context.cancelled.finally(() => clearInterval(beat));
    };
    await withWorker('cancels', { waitUntilCancelled }, async () => {
      const handle = await temporal.client.workflow.start('longStep', {
        taskQueue: 'cancels',
        workflowId: 'talos/cancels',
      });
      await hasBegun;
      await handle.cancel();
      await assert.rejects(
        handle.result(),
        (error) => error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
      );
    });
  });

  test('is said to be dead only by name, and its step is then given out again though it beats on', async () => {
    const begun: (() => void)[] = [];
    const attempts = [1, 2].map(() => new Promise<void>((resolve) => begun.push(resolve)));
    const waitUntilCancelled = async () => {
      const context = Context.current();
      begun.shift()?.();
      const beat = setInterval(() => context.heartbeat(), 200);
      return context.cancelled.finally(() => clearInterval(beat));
    };
    await withWorker('dies', { waitUntilCancelled }, async () => {
      const { client } = temporal;
      const handle = await client.workflow.start('longStep', { taskQueue: 'dies', workflowId: 'talos/dies' });
      await attempts[0];
      assert.equal(await endStepsOf(client, 'dies', workerIdentity(1)), 0);
      // What is running is listed a moment later.
      while ((await endStepsOf(client, 'dies', workerIdentity(process.pid))) === 0) await setImmediate();
      await attempts[1];
      const [step] = (await handle.describe()).raw.pendingActivities ?? [];
      const { nextRetryDelay } = step?.lastFailure?.applicationFailureInfo ?? {};
      assert.equal(Number(nextRetryDelay?.nanos), 100e6); // the pauses between retries do not grow with the workers’ deaths
      await handle.terminate();
    });
  });

  test('may be said to be dead when one of its steps ends at that very moment: the others are given out again', async () => {
    const begun: (() => void)[] = [];
    const [first, second, again] = [1, 2, 3].map(() => new Promise<void>((resolve) => begun.push(resolve)));
    const waitUntilCancelled = async () => {
      begun.shift()?.();
      return Context.current().cancelled;
    };
    await withWorker('ends', { waitUntilCancelled }, async () => {
      const { client } = temporal;
      const start = async (workflowId: string) =>
        client.workflow.start('longStep', { taskQueue: 'ends', workflowId: `talos/${workflowId}` });
      const handles = [await start('ends'), await start('goes-on')];
      await Promise.all([first, second]);
      const { activity } = client;
      let ended = false;
      // As the server would be told of the first step’s end a moment before.
      const fail: typeof activity.fail = async (step: object, error: unknown) => {
        if (!ended) await activity.complete(step as FullActivityId, 'done');
        ended = true;
        await activity.fail(step as FullActivityId, error);
      };
      const late = Object.create(client, { activity: { value: { fail } } }) as typeof client;
      late.withDeadline = async (_deadline, work) => work();
      while ((await countRunning(client, 'ends')) < 2) await setImmediate();
      assert.equal(await endStepsOf(late, 'ends', workerIdentity(process.pid)), 1);
      await again;
      for (const handle of handles) await handle.terminate().catch(() => undefined);
    });
  });

  test('tells the next attempt at a step what it noted right before it failed', async () => {
    const noted: unknown[] = [];
    const waitUntilCancelled = async () => {
      const context = Context.current();
      noted.push(context.info.heartbeatDetails);
      if (context.info.attempt === 4) return 'done';
      for (let count = 0; count < 5; count++) context.heartbeat(`${context.info.attempt}.${count}`);
      throw ApplicationFailure.create({ message: 'it fails', nextRetryDelay: '10ms' });
    };
    await withWorker('notes', { waitUntilCancelled }, () =>
      temporal.client.workflow.execute('longStep', { taskQueue: 'notes', workflowId: 'talos/notes' }),
    );
    assert.deepEqual(noted, [undefined, '1.4', '2.4', '3.4']);
  });

  test('loads the project’s own workflows', async () => {
    const own = await workflowBundle();
    await withWorker('own', { step: async () => 'unused' }, async () => undefined, own);
  });

  async function withWorker<T>(
    taskQueue: string,
    activities: object,
    work: () => Promise<T>,
    workflows: WorkflowBundleOption = bundle,
  ): Promise<T> {
    const connection = await connectWorker(settingsOf(server));
    try {
      const worker: Worker = await createWorker({
        connection,
        namespace: server.namespace,
        taskQueue,
        activities,
        bundle: workflows,
      });
      return await worker.runUntil(work());
    } finally {
      await connection.close();
    }
  }
});

async function countRunning(client: Client, taskQueue: string): Promise<number> {
  const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`;
  return (await client.workflow.count(query)).count;
}
