import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { taskQueueOf } from '../../src/run/request.ts';
import { createWorker } from '../../src/temporal/worker.ts';
import { bundleWorkflows } from '../../src/temporal/workflow-bundle.ts';
import { approveSignal } from '../../src/workflows/messages.ts';
import type { Rehearsal, RunningRebuild } from '../rebuild/rehearsal.ts';

const withDefect = fileURLToPath(new URL('../cli/runs/broken-workflows.ts', import.meta.url));

/** Has a worker take up a run whose workflow throws what it should not, until a workflow task has failed of it. */
export async function failOnce({ client, folder }: Rehearsal, { handle }: RunningRebuild): Promise<void> {
  const connection = await NativeConnection.connect({ address: (client.connection as Connection).options.address });
  const worker = await createWorker({
    connection,
    namespace: 'default',
    taskQueue: taskQueueOf(folder.id),
    activities: {},
    bundle: { code: await bundleWorkflows(withDefect) },
  });
  const working = worker.run();
  try {
    const nobodys = { gate: 'approval', nonce: 'of no question', digest: '', runId: '', by: 'somebody', reason: '' };
    await handle.signal(approveSignal, nobodys); // something to do, which the next version does
    const hasFailed = async (): Promise<boolean> =>
      (await handle.fetchHistory()).events?.some((event) => event.workflowTaskFailedEventAttributes) ?? false;
    while (!(await hasFailed())) await sleep(50);
  } finally {
    worker.shutdown();
    await working;
    await connection.close();
  }
}
