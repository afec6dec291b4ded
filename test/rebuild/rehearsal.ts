import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { createActivities } from '../../src/activities/index.ts';
import { openFolder } from '../../src/cluster/folder.ts';
import type { ClusterFolder } from '../../src/cluster/folder.ts';
import type { Choice, FailureGate, Gate } from '../../src/run/gates.ts';
import type { Progress } from '../../src/run/progress.ts';
import { taskQueueOf, workflowIdOf } from '../../src/run/request.ts';
import type { RequestOf } from '../../src/run/request.ts';
import { reserveLoopbackSubnet, startLab } from '../../simulator/src/lab.ts';
import type { Lab, MachineSpec, Timings } from '../../simulator/src/lab.ts';
import { createWorker } from '../../src/temporal/worker.ts';
import {
  answerUpdate,
  cancelUpdate,
  decideUpdate,
  pauseUpdate,
  progressQuery,
  resumeUpdate,
} from '../../src/workflows/messages.ts';
import type { rebuildCluster } from '../../src/workflows/rebuild-cluster.ts';
import { runTalosctl, secretsOf } from '../drawn-secrets.ts';
import { talosctl } from '../programs/talosctl.ts';
import { bundledWorkflows } from '../temporal/bundled-workflows.ts';
import { startServer } from '../temporal/server.ts';
import { sharedServer } from '../temporal/shared-server.ts';
import { newFolder, removeFolder } from '../temporary-folder.ts';

export interface RehearsalOptions {
  readonly controlPlanes?: number;
  readonly workers?: number;
  /** Whether an old cluster runs on the machines; without it they are in maintenance mode. */
  readonly oldCluster?: boolean;
  readonly speed?: number;
  readonly timings?: Partial<Timings>;
  readonly secrets?: 'new' | 'keep';
  /** Further lines of cluster.yaml. */
  readonly settings?: string;
  /** Files beside cluster.yaml. */
  readonly files?: Readonly<Record<string, string>>;
  readonly machine?: (spec: MachineSpec) => MachineSpec;
  /** A Temporal server that no other test shares, for those that look into its log. */
  readonly ownServer?: boolean;
}

/** A whole rebuild on simulated machines: real Temporal server, real talosctl, our worker in this process. */
export interface Rehearsal {
  readonly lab: Lab;
  readonly client: Client;
  readonly folder: ClusterFolder;
  readonly clusterFile: string;
  readonly cluster: string;
  readonly vip: string;
  /** Of the Temporal server. */
  readonly address: string;
  /** Of Temporal's Web UI, without a path. */
  readonly uiUrl: string;
  /** The Temporal server's own output, where the server is its own. */
  readonly serverLog: string;
  readonly start: (request?: Partial<RequestOf<'rebuild'>>) => Promise<StartedRebuild>;
  /** The run that is under way, however it came about: a workflow reset makes another one. */
  readonly current: () => RunningRebuild;
  /** The worker goes away, or comes back. */
  readonly stopWorker: () => Promise<void>;
  readonly startWorker: () => Promise<void>;
}

/** One run, as a person deals with it. */
export interface RunningRebuild {
  readonly handle: WorkflowHandle<typeof rebuildCluster>;
  progress(): Promise<Progress>;
  /** Resolves with the gate as soon as it is open. */
  gate(id: string): Promise<Gate>;
  /** Resolves with the gate of a failure as soon as its evidence is there. */
  gateWithEvidence(id: string): Promise<FailureGate>;
  /** Approves what the gate asks, the plan by default. */
  approve(id?: string): Promise<void>;
  reject(id?: string): Promise<void>;
  answer(id: string, choice: Choice): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Asks to call the run off. */
  cancel(): Promise<void>;
  result(): Promise<Progress>;
}

export interface StartedRebuild extends RunningRebuild {
  readonly handle: WorkflowHandleWithFirstExecutionRunId<typeof rebuildCluster>;
}

export async function rehearse(t: Pick<TestContext, 'after'>, options: RehearsalOptions = {}): Promise<Rehearsal> {
  const undo: (() => unknown)[] = [];
  t.after(async () => {
    for (const step of undo.toReversed()) await step();
  });
  const { controlPlanes = 3, workers = 1, oldCluster = true, speed = 60, timings = {} } = options;
  const base = await newFolder();
  undo.push(() => removeFolder(base));
  const subnet = await reserveLoopbackSubnet();
  undo.push(() => subnet.release());

  const cluster = `rehearsal-${path.basename(base).slice(-6).toLowerCase()}`;
  const nodes = [
    ...Array.from({ length: controlPlanes }, (_, index) => ({
      name: `cp-${index + 1}`,
      role: 'controlplane',
      host: 11 + index,
    })),
    ...Array.from({ length: workers }, (_, index) => ({ name: `w-${index + 1}`, role: 'worker', host: 101 + index })),
  ].map(({ name, role, host }) => ({ name, role, address: `${subnet.prefix}.${host}` }));
  const vip = `${subnet.prefix}.10`;
  const folderPath = path.join(base, 'folder');
  const clusterFile = path.join(base, 'cluster.yaml');
  for (const [name, content] of Object.entries(options.files ?? {})) await writeFile(path.join(base, name), content);
  await writeFile(clusterFile, clusterYaml(cluster, vip, folderPath, nodes, options));

  const configurations = oldCluster ? await makeOldCluster(folderPath, cluster, nodes) : undefined;
  const lab = await startLab({
    speed,
    timings,
    machines: nodes.map(({ name, role, address }) => {
      const spec: MachineSpec = { name, address, link: 'end0' };
      const configuration = configurations?.[role]?.replaceAll('HOSTNAME', name);
      return (options.machine ?? same)(configuration === undefined ? spec : { ...spec, configuration });
    }),
  });
  undo.push(() => lab.close());
  if (oldCluster) await lab.bootstrapOldCluster('cp-1');

  const later: Pick<TestContext, 'after'> = { after: (step) => void undo.push(step as () => unknown) };
  const server = await (options.ownServer === true ? startServer(later, { folder: base }) : sharedServer(later, base));
  const folder = await openFolder(folderPath);
  const taskQueue = taskQueueOf(folder.id);
  const native = await NativeConnection.connect({ address: server.address });
  undo.push(() => native.close());
  const bundle = { codePath: await bundledWorkflows() };
  const activities = createActivities({ folder, talosctl: async () => ({ binary: talosctl }) });
  let stopWorker: Rehearsal['stopWorker'] = async () => undefined;
  const startWorker = async (): Promise<void> => {
    const worker = await createWorker({
      connection: native,
      namespace: server.namespace,
      taskQueue,
      bundle,
      activities,
    });
    const working = worker.run();
    stopWorker = async () => {
      stopWorker = async () => undefined;
      worker.shutdown();
      await working;
    };
  };
  await startWorker();
  undo.push(() => stopWorker());
  const connection = await Connection.connect({ address: server.address });
  undo.push(() => connection.close());
  const client = new Client({ connection, namespace: server.namespace });

  return {
    lab,
    client,
    folder,
    clusterFile,
    cluster,
    vip,
    address: server.address,
    uiUrl: server.uiUrl,
    serverLog: path.join(base, 'server.log'),
    start: async (request = {}) => {
      const handle = await client.workflow.start<typeof rebuildCluster>('rebuildCluster', {
        workflowId: workflowIdOf(cluster),
        taskQueue,
        workflowTaskTimeout: '5s',
        args: [{ clusterFile, cluster, operation: 'rebuild', requestedBy: 'test', ...request }],
      });
      const rebuild = { ...running(handle), handle };
      undo.push(async () => {
        await handle.terminate('the test is over').catch(() => undefined);
        await rebuild.result().catch(() => undefined); // a question for it that is still open would outlive the connection
      });
      return rebuild;
    },
    current: () => running(client.workflow.getHandle<typeof rebuildCluster>(workflowIdOf(cluster))),
    stopWorker: () => stopWorker(),
    startWorker,
  };
}

function running(handle: RunningRebuild['handle']): RunningRebuild {
  const progress = (): Promise<Progress> => handle.query(progressQuery);
  let asked: Promise<Progress> | undefined;
  const result = (): Promise<Progress> => (asked ??= handle.result());
  const gate = async (id: string): Promise<Gate> => {
    const ended = result().then((last) =>
      Promise.reject(new Error(`ended without gate ${id}: ${last.outcome}: ${last.verdict}`)),
    );
    ended.catch(() => undefined);
    for (;;) {
      const open = (await Promise.race([progress(), ended])).gates.find((one) => one.id === id);
      if (open) return open;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const decide = async (decision: 'approve' | 'reject', wanted = 'approval'): Promise<void> => {
    const open = await gate(wanted);
    if (open.kind !== 'approval') throw new Error(`${open.id} asks for no approval`);
    const { runId } = await progress();
    const { id, nonce, digest } = open;
    await handle.executeUpdate(decideUpdate, {
      args: [{ gate: id, nonce, digest, runId, decision, by: 'test', reason: 'rehearsal' }],
    });
  };
  return {
    handle,
    progress,
    gate,
    gateWithEvidence: async (id) => {
      for (;;) {
        const open = await gate(id);
        if (open.kind === 'failure' && open.evidence !== undefined) return open;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    approve: (id) => decide('approve', id),
    reject: (id) => decide('reject', id),
    answer: async (id, choice) => {
      const { nonce } = await gate(id);
      await handle.executeUpdate(answerUpdate, { args: [{ gate: id, nonce, choice, by: 'test', reason: '' }] });
    },
    pause: () => handle.executeUpdate(pauseUpdate, { args: [{ by: 'test', reason: '' }] }),
    resume: () => handle.executeUpdate(resumeUpdate, { args: [{ by: 'test', reason: '' }] }),
    cancel: () => handle.executeUpdate(cancelUpdate, { args: [{ by: 'test', reason: 'changed our mind' }] }),
    result,
  };
}

/** The set of a cluster as it was: endpoint on the first control plane, no VIP, secrets of its own. */
async function makeOldCluster(
  folder: string,
  cluster: string,
  nodes: readonly { name: string; role: string; address: string }[],
): Promise<Record<string, string>> {
  const set = path.join(folder, 'sets', '2025-01-01');
  await mkdir(set, { recursive: true, mode: 0o700 });
  const endpoint = `https://${nodes[0]?.address}:6443`;
  await writeFile(path.join(set, 'secrets.yaml'), await secretsOf('old'), { mode: 0o600 });
  const hostname = JSON.stringify({
    apiVersion: 'v1alpha1',
    kind: 'HostnameConfig',
    hostname: 'HOSTNAME',
    auto: 'off',
  });
  const args = [
    'gen',
    'config',
    cluster,
    endpoint,
    '--with-secrets',
    path.join(set, 'secrets.yaml'),
    '--talos-version',
    'v1.13',
  ];
  args.push(
    '--with-docs=false',
    '--with-examples=false',
    '--install-disk',
    '/dev/mmcblk0',
    '--config-patch',
    hostname,
    '-o',
    set,
  );
  await runTalosctl(...args);
  await symlink(path.join('sets', '2025-01-01'), path.join(folder, 'automation'));
  return {
    controlplane: await readFile(path.join(set, 'controlplane.yaml'), 'utf8'),
    worker: await readFile(path.join(set, 'worker.yaml'), 'utf8'),
  };
}

function clusterYaml(
  cluster: string,
  vip: string,
  folder: string,
  nodes: readonly { name: string; role: string; address: string }[],
  { secrets = 'new', settings = '' }: RehearsalOptions,
): string {
  const lines = nodes.map(({ name, role, address }) => `  - { name: ${name}, role: ${role}, address: ${address} }`);
  return `name: ${cluster}
endpoint: https://${vip}:6443
vip: { address: ${vip}, link: end0 }
talos: { version: v1.13.9, installDisk: /dev/mmcblk0, installImage: 'ghcr.io/siderolabs/installer:v1.13.9' }
kubernetes: { version: 1.36.0 }
folder: ${folder}
secrets: ${secrets}
nodes:
${lines.join('\n')}
${settings}`;
}

function same(spec: MachineSpec): MachineSpec {
  return spec;
}
