import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { createActivities } from '../../src/activities/index.ts';
import { taskQueueOf } from '../../src/run/request.ts';
import { createWorker } from '../../src/temporal/worker.ts';
import { bundleWorkflows } from '../../src/temporal/workflow-bundle.ts';
import { approveSignal } from '../../src/workflows/messages.ts';
import type { Rehearsal, RunningRebuild } from '../rebuild/rehearsal.ts';
import { talosctl } from '../talos/real-talosctl.ts';

const withDefect = fileURLToPath(new URL('../cli/runs/broken-workflows.ts', import.meta.url));

/**
 * Starts a worker with workflows of another version, bundled, in the place of the rehearsal's own.
 * Resolves with how to stop it.
 */
export async function startVersion({ client, folder }: Rehearsal, code: string): Promise<() => Promise<void>> {
  const connection = await NativeConnection.connect({ address: (client.connection as Connection).options.address });
  const worker = await createWorker({
    connection,
    namespace: 'default',
    taskQueue: taskQueueOf(folder.id),
    activities: createActivities({ folder, talosctl: async () => talosctl }),
    bundle: { code },
  });
  const working = worker.run();
  return async () => {
    worker.shutdown();
    await working;
    await connection.close();
  };
}

/** Has a version take up a run whose workflow throws what it should not, until a workflow task has failed of it. */
export async function failOnce(rehearsal: Rehearsal, { handle }: RunningRebuild): Promise<void> {
  const stop = await startVersion(rehearsal, await bundleWorkflows(withDefect));
  try {
    const nobodys = { gate: 'approval', nonce: 'of no question', digest: '', runId: '', by: 'somebody', reason: '' };
    await handle.signal(approveSignal, nobodys); // something to do, which the next version does
    const hasFailed = async (): Promise<boolean> =>
      (await handle.fetchHistory()).events?.some((event) => event.workflowTaskFailedEventAttributes) ?? false;
    while (!(await hasFailed())) await sleep(50);
  } finally {
    await stop();
  }
}
