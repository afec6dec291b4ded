import path from 'node:path';
import type { Connection } from '@temporalio/client';
import { startWorkerProcess } from '../../bench/worker-process.ts';
import type { WorkerProcess } from '../../bench/worker-process.ts';
import type { Rehearsal } from '../rebuild/rehearsal.ts';
import { talosctl } from '../talos/real-talosctl.ts';
import { bundledWorkflows } from '../temporal/bundled-workflows.ts';

/** The worker of a rehearsal in a process of its own, so that it can be killed without killing the machines as well. */
export async function startKillableWorker({ client, folder, clusterFile }: Rehearsal): Promise<WorkerProcess> {
  const base = path.dirname(clusterFile);
  const bundle = await bundledWorkflows();
  const { address } = (client.connection as Connection).options;
  const order = { address, namespace: 'default', folder: folder.path, talosctl: talosctl.binary, bundle };
  return startWorkerProcess(order, path.join(base, 'worker.log'));
}
