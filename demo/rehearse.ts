import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { followRun } from '../src/cli/runs/follow-run.ts';
import { startRun } from '../src/cli/runs/start-run.ts';
import { liveView } from '../src/cli/screen/live-view.ts';
import type { Invocation } from '../src/cli/screen/view.ts';
import { type Shell, say } from '../src/cli/shell.ts';
import { UserError } from '../src/cli/user-error.ts';
import { whoami } from '../src/cli/whoami.ts';
import { type ClusterDefinition, controlPlanes } from '../src/run/cluster-definition.ts';
import type { Progress } from '../src/run/progress.ts';
import { startLab } from '../simulator/src/lab.ts';
import { connectClient } from '../src/temporal/connection.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../src/temporal/embedded-server.ts';
import { findTalosctl } from '../src/tools/talosctl.ts';
import { findTemporal } from '../src/tools/temporal.ts';
import type { Report } from '../src/tools/tool.ts';
import type { CleanUp } from './clean-up.ts';
import { assertAddresses, demoSubnet } from './loopback.ts';
import { machinesOf } from './machines.ts';
import { makeOldCluster } from './old-cluster.ts';
import { type Asking, askAboutFailure, askForApproval } from './questions.ts';
import { type RehearsalFolder, makeRehearsalFolder } from './rehearsal-folder.ts';
import { startWorkerProcess } from './worker-process.ts';

const atMostMachines = 50;

export interface RehearseOptions {
  /** Absolute path. */
  readonly clusterFile: string;
  /** Simulated seconds per second. */
  readonly speed: number;
  readonly yes: boolean;
  readonly json: boolean;
}

/** Everything around a rehearsal, running. */
export interface Stage {
  readonly rehearsal: RehearsalFolder;
  readonly server: EmbeddedServer;
  readonly invocation: Invocation;
}

/**
 * Starts Temporal, the simulated machines with their old cluster, and a worker. What it started is ended by `cleanUp`.
 */
export async function setTheStage(
  options: RehearseOptions,
  shell: Shell,
  cleanUp: CleanUp,
  signal: AbortSignal,
): Promise<Stage> {
  const report = (line: string): void => say(shell, line);
  const subnet = await demoSubnet();
  cleanUp.add(() => subnet.release());
  const rehearsal = await makeRehearsalFolder(options.clusterFile, subnet.prefix);
  const { definition, path } = rehearsal;
  for (const remark of rehearsal.remarks) report(`Rehearsal: ${remark}.`);
  if (definition.nodes.length > atMostMachines) {
    throw new UserError(
      `The demo simulates at most ${atMostMachines} machines; ${definition.name} has ${definition.nodes.length}.`,
    );
  }
  await assertAddresses([...definition.nodes.map((node) => node.address), definition.vip.address]);

  const minor = definition.talos.version.replace(/^v(\d+\.\d+).*$/, '$1');
  const talosctl = await findTalosctl({ minor, install: true, report });
  const temporal = await findTemporal({ install: true, report });
  signal.throwIfAborted();

  const [server, { configurations }] = await both(
    startServer(temporal.path, join(path, 'temporal.log'), report, cleanUp),
    makeOldCluster({ binary: talosctl.path }, definition),
  );
  report(`Web UI: ${server.uiUrl}`);
  const env = await demoEnvironment(shell.env, server, talosctl.path, path);
  await both(
    startMachines(definition, configurations, options.speed, cleanUp),
    startWorker(rehearsal, env, cleanUp, signal),
  );
  report(
    `${definition.nodes.length} simulated machines run the old cluster at ${subnet.prefix}.0/24; a worker is ready.`,
  );
  const program = `TEMPORAL_ADDRESS=${server.address} npm run client --`;
  const invocation = { program, target: `--name ${definition.name}`, file: rehearsal.clusterFile };
  return { rehearsal, server, invocation };
}

async function startServer(
  executable: string,
  logFile: string,
  report: Report,
  cleanUp: CleanUp,
): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ executable, port: 0, logFile, report });
  cleanUp.add(() => server.stop());
  return server;
}

async function startMachines(
  definition: ClusterDefinition,
  configurations: ReadonlyMap<string, string>,
  speed: number,
  cleanUp: CleanUp,
): Promise<void> {
  const lab = await startLab({ machines: await machinesOf(definition, configurations), speed });
  cleanUp.add(() => lab.close());
  const [first] = controlPlanes(definition.nodes);
  await lab.bootstrapOldCluster(first?.name ?? '');
}

async function startWorker(
  { clusterFile, path }: RehearsalFolder,
  env: NodeJS.ProcessEnv,
  cleanUp: CleanUp,
  signal: AbortSignal,
): Promise<void> {
  const worker = await startWorkerProcess(clusterFile, env, join(path, 'worker.log'), signal);
  cleanUp.add(() => worker.stop());
}

/** Both at once; if one fails, only after the other has come so far that it can be cleaned up. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

/** Carries a rebuild out on the stage, through the same code as `start`, `approve` and `watch`. */
export async function rehearse(
  { rehearsal, server, invocation }: Stage,
  options: RehearseOptions,
  shell: Shell,
  signal: AbortSignal,
): Promise<Progress | undefined> {
  const { address, namespace } = server;
  const temporal = await connectClient({ address, namespace, options: { address } });
  try {
    const { clusterFile, definition } = rehearsal;
    const request = { clusterFile, cluster: definition.name, operation: 'rebuild', requestedBy: whoami() } as const;
    const { runId, url } = await startRun(temporal, definition, request, invocation, server.uiUrl);
    say(shell, `The rebuild in the Web UI: ${url}`, '');
    const asking: Asking = { shell, temporal, invocation, signal, yes: options.yes, json: options.json };
    const view = liveView(shell, invocation);
    for (;;) {
      const look = await followRun({
        client: temporal.client,
        cluster: definition.name,
        runId,
        until: 'question',
        signal,
        show: (seen) => view.show(seen),
      });
      if (look?.kind === 'broken') throw new Error(look.reason);
      if (look?.kind !== 'seen' || signal.aborted) return undefined;
      if (look.isClosed) return look.progress;
      const [gate] = look.progress.gates;
      if (gate?.kind === 'approval') await askForApproval(asking, look.progress, gate);
      else if (gate && !(await askAboutFailure(asking, look.progress, gate))) return look.progress;
      view.settle();
    }
  } finally {
    await temporal.close();
  }
}

/**
 * The worker talks to the demo's server with the demo's talosctl, whatever the person's own settings and profiles are.
 */
async function demoEnvironment(
  env: NodeJS.ProcessEnv,
  { address, namespace }: EmbeddedServer,
  talosctl: string,
  folder: string,
): Promise<NodeJS.ProcessEnv> {
  const profile = join(folder, 'temporal.toml');
  await writeFile(profile, `[profile.default]\naddress = "${address}"\nnamespace = "${namespace}"\n`);
  const others = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(others), TEMPORAL_CONFIG_FILE: profile, TALOS_REBUILD_TALOSCTL: talosctl };
}
