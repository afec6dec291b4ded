import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hasWorker } from '../src/cli/runs/has-worker.ts';
import { loadCluster } from '../src/cluster/load-cluster.ts';
import type { CleanUp } from '../demo/clean-up.ts';
import { demoSubnet } from '../demo/loopback.ts';
import { machinesOf } from '../demo/machines.ts';
import { makeOldCluster } from '../demo/old-cluster.ts';
import { type ClusterDefinition, controlPlanes } from '../src/run/cluster-definition.ts';
import { taskQueueOf } from '../src/run/request.ts';
import { type Lab, startLab } from '../simulator/src/lab.ts';
import { type TemporalClient, connectClient } from '../src/temporal/connection.ts';
import { startEmbeddedServer } from '../src/temporal/embedded-server.ts';
import { bundleWorkflows } from '../src/temporal/workflow-bundle.ts';
import { findTalosctl } from '../src/tools/talosctl.ts';
import { findTemporal } from '../src/tools/temporal.ts';
import { clusterFile } from './cluster-file.ts';
import { type WorkerProcess, startWorkerProcess } from './worker-process.ts';
import type { WorkerOrder } from './worker.ts';

export interface StageOptions {
  readonly nodes: number;
  /** Simulated seconds per second. */
  readonly speed: number;
  readonly plant?: WorkerOrder['plant'];
}

/**
 * Simulated machines with an old cluster, a Temporal server and a worker, all in processes of
 * their own but the machines.
 */
export interface Stage {
  readonly definition: ClusterDefinition;
  readonly file: string;
  readonly lab: Lab;
  readonly temporal: TemporalClient;
  readonly worker: WorkerProcess;
  /** Path of the program. */
  readonly talosctl: string;
}

const workflows = fileURLToPath(new URL('../src/workflows/index.ts', import.meta.url));

/** Brings everything up. What it started is ended by `cleanUp`, also when it fails. */
export async function setTheStage(
  options: StageOptions,
  report: (line: string) => void,
  cleanUp: CleanUp,
  signal: AbortSignal,
): Promise<Stage> {
  const talosctl = (await findTalosctl({ minor: '1.13', install: true, report })).path;
  const { path: executable } = await findTemporal({ install: true, report });
  const base = await mkdtemp(join(tmpdir(), 'talos-rebuild-bench-')); // 0700
  cleanUp.add(() => rm(base, { recursive: true, force: true }));
  const subnet = await demoSubnet();
  cleanUp.add(() => subnet.release());

  const file = join(base, 'cluster.yaml');
  await writeFile(file, clusterFile(options.nodes, 'bench', subnet.prefix, join(base, 'folder')));
  const { definition } = await loadCluster(file);
  const { folder, configurations } = await makeOldCluster({ binary: talosctl }, definition);
  const lab = await startLab({ machines: await machinesOf(definition, configurations), speed: options.speed });
  cleanUp.add(() => lab.close());
  await lab.bootstrapOldCluster(controlPlanes(definition.nodes)[0]?.name ?? '');

  const server = await startEmbeddedServer({ executable, port: 0, logFile: join(base, 'temporal.log') });
  cleanUp.add(() => server.stop());
  const { address, namespace } = server;
  const temporal = await connectClient({ address, namespace, options: { address } });
  cleanUp.add(() => temporal.close());
  const bundle = join(base, 'workflows.js');
  await writeFile(bundle, await bundleWorkflows(workflows));
  const order: WorkerOrder = { address, namespace, folder: folder.path, talosctl, bundle };
  const worker = await startWorkerProcess(
    options.plant ? { ...order, plant: options.plant } : order,
    join(base, 'worker.log'),
  );
  cleanUp.add(() => worker.stop());
  while (!(await hasWorker(temporal, taskQueueOf(folder.id)))) {
    signal.throwIfAborted();
    await sleep(50);
  }
  return { definition, file, lab, temporal, worker, talosctl };
}
