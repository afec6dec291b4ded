import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { setImmediate } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
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
      await handle.terminate();
    });
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
