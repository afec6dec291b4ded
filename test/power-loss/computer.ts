import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { appendFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterFile as clusterFileText } from '../../bench/cluster-file.ts';
import { loadCluster } from '../../src/cluster/load-cluster.ts';
import { machinesOf } from '../../demo/machines.ts';
import { makeOldCluster } from '../../demo/old-cluster.ts';
import type { ClusterDefinition } from '../../src/run/cluster-definition.ts';
import type { ApprovalGate } from '../../src/run/gates.ts';
import type { Progress } from '../../src/run/progress.ts';
import { workflowIdOf } from '../../src/run/request.ts';
import { type Lab, reserveLoopbackSubnet, startLab } from '../../simulator/src/lab.ts';
import { type TemporalClient, connectClient } from '../../src/temporal/connection.ts';
import { embeddedDefaults } from '../../src/temporal/embedded-defaults.ts';
import { freePort } from '../../src/temporal/free-port.ts';
import { talosctl } from '../programs/talosctl.ts';
import { temporal as temporalCli } from '../programs/temporal.ts';
import { progressQuery } from '../../src/workflows/messages.ts';
import { secretsOf } from '../drawn-secrets.ts';
import { signalTree } from '../process-tree.ts';
import { newFolder, removeFolder } from '../temporary-folder.ts';
import { builtProgram } from './built-program.ts';
import { asSynced } from './unsynced.ts';

const recordSyncs = new URL('record-syncs.mjs', import.meta.url).href;
const speed = 60;

export interface ComputerOptions {
  readonly secrets?: 'new' | 'keep';
  /** Further lines of cluster.yaml. */
  readonly settings?: string;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Begun {
  /** What it said to the person so far. */
  readonly said: () => string;
  /** Resolves when it has said that. */
  readonly hasSaid: (text: RegExp) => Promise<void>;
  readonly ended: Promise<Ran>;
}

/**
 * The computer on which a person runs `talos-rebuild dev` and all other commands, as real processes of the real
 * command line. Its disk is one folder, with Temporal's database and the cluster's folder, so that it can be
 * copied, set back and damaged. The machines are not part of it: they live in the test's process and go on,
 * whatever happens to the computer.
 */
export interface Computer {
  readonly lab: Lab;
  readonly definition: ClusterDefinition;
  /** Everything that a process of this computer may have written. */
  readonly disk: string;
  /** Temporal's database file. */
  readonly database: string;
  readonly clusterFile: string;
  /** What the processes that are preloaded with it have synced. */
  readonly syncLog: string;
  /** Starts `dev`, and resolves when it says that all is ready. */
  readonly startDev: () => Promise<Dev>;
  /** Runs a command on the cluster to its end. */
  readonly run: (...args: string[]) => Promise<Ran>;
  /** Begins one, such as `watch`. */
  readonly begin: (...args: string[]) => Begun;
  /** Waits for the plan, approves it with `approve`, and resolves with what it said. */
  readonly approve: () => Promise<ApprovalGate>;
  /** Asks for the run's progress; only while `dev` runs. */
  readonly progress: () => Promise<Progress>;
  /** Resolves with the progress as soon as it is as wanted; a question on the way, or an end, is an error. */
  readonly until: (isReached: (progress: Progress) => boolean) => Promise<Progress>;
  readonly temporal: () => Promise<TemporalClient>;
  /** Does something while `dev` and its server stand still. */
  readonly frozen: (work: () => Promise<void>) => Promise<void>;
  /** Copies Temporal's database as it is at this very moment. */
  readonly copyDatabase: (name: string) => Promise<void>;
  /** Puts the copy in the place of the database. Only while nothing runs. */
  readonly setDatabaseBack: (name: string) => Promise<void>;
}

/** A running `dev`. */
export interface Dev extends Pick<Begun, 'said' | 'hasSaid'> {
  /** The process that leads the server's group. */
  serverPid(): Promise<number>;
  /** Ends it and its server without a warning. */
  losePower(): Promise<void>;
  /** Ends it alone; its server stays. */
  kill(): Promise<void>;
  /**
   * Ctrl-C, which a terminal sends to all processes of the command, or SIGTERM to it alone; resolves when it has ended.
   */
  stop(how?: 'Ctrl-C' | 'SIGTERM'): Promise<Ran>;
}

export async function startComputer(t: TestContext, options: ComputerOptions = {}): Promise<Computer> {
  const undo: (() => unknown)[] = [];
  t.after(async () => {
    for (const step of undo.toReversed()) await step();
  });
  const base = await newFolder();
  undo.push(() => removeFolder(base));
  const disk = path.join(base, 'disk');
  const data = path.join(disk, 'data');
  const database = path.join(data, 'talos-rebuild', 'temporal.db');
  const clusterFile = path.join(base, 'cluster.yaml');
  const syncLog = path.join(base, 'synced');
  await mkdir(disk);

  const subnet = await reserveLoopbackSubnet();
  undo.push(() => subnet.release());
  const name = `power-${path.basename(base).slice(-6).toLowerCase()}`;
  const text = clusterFileText(4, name, subnet.prefix, path.join(disk, 'folder'));
  await writeFile(
    clusterFile,
    `${text.replace('secrets: new', `secrets: ${options.secrets ?? 'new'}`)}${options.settings ?? ''}`,
  );
  const { definition } = await loadCluster(clusterFile);
  const { configurations } = await makeOldCluster({ binary: talosctl }, definition, await secretsOf('old'));
  await writeFile(syncLog, await asSynced(disk)); // the old cluster is months old
  const program = await builtProgram();
  const lab = await startLab({ machines: await machinesOf(definition, configurations), speed });
  undo.push(() => lab.close());
  await lab.bootstrapOldCluster('cp-1');

  const [port, uiPort] = [await anyPort(), await anyPort()];
  const address = `127.0.0.1:${port}`;
  const env = {
    ...process.env,
    XDG_DATA_HOME: data,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml',
    TALOS_REBUILD_TALOSCTL: talosctl,
    TALOS_REBUILD_TEMPORAL: temporalCli,
    NODE_OPTIONS: `--import ${recordSyncs}`,
    SYNC_LOG: syncLog,
  };
  let client: TemporalClient | undefined;
  const hangUp = async (): Promise<void> => {
    await client?.close();
    client = undefined;
  };
  undo.push(hangUp);

  const launch = (...args: string[]): ChildProcess => {
    // In a group of its own, so that it can be ended with all its children.
    const child = spawn(process.execPath, [program, ...args], {
      cwd: base,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    undo.push(() => signal(child.pid, 'SIGKILL'));
    return child;
  };
  const serverPid = async (): Promise<number> => {
    const record = await readFile(`${database}.server.json`, 'utf8').catch(() => undefined);
    return record === undefined ? 0 : (JSON.parse(record) as { pid: number }).pid;
  };
  undo.push(async () => signal(await serverPid(), 'SIGKILL'));
  let dev: ChildProcess | undefined;
  const temporal = async (): Promise<TemporalClient> =>
    (client ??= await connectClient({ address, namespace: embeddedDefaults.namespace, options: { address } }));
  const progress = async (): Promise<Progress> =>
    (await temporal()).client.workflow.getHandle(workflowIdOf(name)).query(progressQuery);

  const computer: Computer = {
    lab,
    definition,
    disk,
    database,
    clusterFile,
    syncLog,
    begin: (...args) => begun(launch(...args, '--cluster', clusterFile)),
    run: async (...args) => computer.begin(...args).ended,
    approve: async () => {
      const { gates } = await computer.until((seen) => seen.gates.some(({ kind }) => kind === 'approval'));
      const gate = gates.find((one) => one.kind === 'approval');
      assert.ok(gate);
      const { code, stderr } = await computer.run('approve', '--digest', gate.digest);
      assert.equal(code, 0, stderr);
      return gate;
    },
    temporal,
    progress,
    until: async (isReached) => {
      for (;;) {
        const seen = await progress();
        if (isReached(seen)) return seen;
        const question = seen.gates.find(({ kind }) => kind === 'failure');
        if (question !== undefined) throw new Error(`it asks instead: ${JSON.stringify(question)}`);
        if (seen.outcome !== undefined) throw new Error(`it has ended instead: ${seen.outcome}: ${seen.verdict}`);
        await sleep(20);
      }
    },
    startDev: async () => {
      const args = ['dev', '--cluster', clusterFile, '--port', String(port), '--ui-port', String(uiPort), '--json'];
      const child = launch(...args);
      dev = child;
      const { said, hasSaid, ended } = begun(child);
      child.stderr?.pipe(createWriteStream(path.join(base, 'dev.log'), { flags: 'a' }));
      await hasSaid(/Leave this running/);
      return {
        said,
        hasSaid,
        serverPid,
        losePower: async () => {
          const server = await serverPid();
          for (const kind of ['SIGSTOP', 'SIGKILL'] as const) {
            if (child.pid !== undefined) signalTree(child.pid, kind);
            signal(server, kind);
          }
          await hangUp();
          await ended;
          while (signal(server, 0)) await sleep(5);
        },
        kill: async () => {
          signal(child.pid, 'SIGKILL');
          await hangUp();
          await ended;
        },
        stop: async (how = 'Ctrl-C') => {
          if (how === 'Ctrl-C') signal(child.pid, 'SIGINT');
          else child.kill('SIGTERM');
          await hangUp();
          return ended;
        },
      };
    },
    frozen: async (work) => {
      const pids = [dev?.pid, await serverPid()];
      for (const pid of pids) signal(pid, 'SIGSTOP');
      await work();
      for (const pid of pids) signal(pid, 'SIGCONT');
    },
    copyDatabase: async (copy) => {
      await computer.frozen(() => cp(data, path.join(base, copy), { recursive: true }));
    },
    setDatabaseBack: async (copy) => {
      await rm(data, { recursive: true });
      await cp(path.join(base, copy), data, { recursive: true });
      await appendFile(syncLog, await asSynced(data));
    },
  };
  return computer;
}

async function anyPort(): Promise<number> {
  return (await freePort('127.0.0.1', 0)) ?? 0;
}

function begun(child: ChildProcess): Begun {
  const written = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...written }));
  return {
    ended,
    said: () => written.stderr,
    hasSaid: async (text) => {
      while (!text.test(written.stderr)) {
        if (child.exitCode !== null) throw new Error(`it has ended instead: ${written.stderr}`);
        await sleep(20);
      }
    },
  };
}

/** To a whole process group; false when there is none. */
function signal(leader: number | undefined, kind: NodeJS.Signals | 0): boolean {
  if (leader === undefined || leader <= 1) return false;
  try {
    return process.kill(-leader, kind);
  } catch {
    return false;
  }
}
