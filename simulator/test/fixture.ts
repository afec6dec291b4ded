import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  reserveLoopbackSubnet,
  startLab,
  type Lab,
  type LabMachine,
  type MachineSpec,
  type Timings,
} from '../src/lab.ts';
import { type Cluster, secretsOf } from '../../test/drawn-secrets.ts';
import { kubectl } from '../../test/programs/kubectl.ts';
import { talosctl } from '../../test/programs/talosctl.ts';
import { newFolder, removeFolder } from '../../test/temporary-folder.ts';

/** What a command printed, and how it ended. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface FixtureOptions {
  /** Without one, as many control planes and workers as given boot into maintenance mode. */
  controlPlanes?: number;
  workers?: number;
  /** Machines are a healthy cluster when the test begins. */
  isCluster?: boolean;
  speed?: number;
  timings?: Partial<Timings>;
  /** Added to every control plane's configuration. */
  documents?: string;
  /** A change to every configuration's text. */
  edit?: (configuration: string) => string;
  machine?: Partial<MachineSpec>;
  /** Whose secrets the configurations have. Default: the old cluster's. */
  secrets?: Cluster;
}

/** A lab with configurations, credentials and the real talosctl, all in one folder that goes with the test. */
export interface Fixture {
  lab: Lab;
  folder: string;
  /** `127.44.17` */
  prefix: string;
  vip: string;
  talosconfig: string;
  /** cp1, cp2, …, w1, …: addresses end in 11, 12, … and 21, 22, … */
  machine(name: string): LabMachine;
  /** The file with a machine's configuration. */
  configurationOf(name: string): string;
  /** Runs talosctl as it is. */
  run(...args: string[]): Promise<CommandResult>;
  /** Runs it as the administrator, endpoint and node being one machine. */
  on(name: string, ...args: string[]): Promise<CommandResult>;
  /** Runs it without credentials: maintenance mode. */
  insecure(name: string, ...args: string[]): Promise<CommandResult>;
  kubectl(...args: string[]): Promise<CommandResult>;
}

export async function startFixture(t: TestContext, options: FixtureOptions = {}): Promise<Fixture> {
  const subnet = await reserveLoopbackSubnet();
  const folder = await newFolder();
  const vip = `${subnet.prefix}.10`;
  const names = [...numbered('cp', options.controlPlanes ?? 1), ...numbered('w', options.workers ?? 0)];
  const addressOf = (name: string) =>
    `${subnet.prefix}.${(name.startsWith('cp') ? 10 : 20) + Number(name.replace(/\D/g, ''))}`;
  await generate(folder, vip, options.secrets ?? 'old');
  for (const name of names) {
    const type = name.startsWith('cp') ? 'controlplane' : 'worker';
    const text = (await readFile(join(folder, `${type}.yaml`), 'utf8')).replace(
      'auto: stable',
      `auto: off\nhostname: ${name}`,
    );
    const documents =
      type === 'controlplane'
        ? `---\napiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: ${vip}\nlink: end0\n${options.documents ?? ''}`
        : '';
    await writeFile(join(folder, `${name}.yaml`), options.edit?.(text + documents) ?? text + documents);
  }
  const lab = await startLab({
    speed: options.speed ?? 100,
    timings: options.timings ?? {},
    machines: await Promise.all(
      names.map(async (name) => ({
        name,
        address: addressOf(name),
        ...(options.isCluster === true ? { configuration: await readFile(join(folder, `${name}.yaml`), 'utf8') } : {}),
        ...options.machine,
      })),
    ),
  });
  t.after(async () => {
    await lab.close();
    subnet.release();
    await removeFolder(folder);
  });
  if (options.isCluster === true) await lab.bootstrapOldCluster('cp1');
  const talosconfig = join(folder, 'talosconfig');
  const run = (...args: string[]) => command(talosctl, args);
  return {
    lab,
    folder,
    prefix: subnet.prefix,
    vip,
    talosconfig,
    machine: (name) => lab.machine(name),
    configurationOf: (name) => join(folder, `${name}.yaml`),
    run,
    on: (name, ...args) => run('--talosconfig', talosconfig, '-e', addressOf(name), '-n', addressOf(name), ...args),
    insecure: (name, ...args) => run(...args, '--insecure', '-n', addressOf(name)),
    kubectl: async (...args) => command(kubectl, ['--kubeconfig', join(folder, 'kubeconfig'), ...args]),
  };
}

/** Waits until all machines answer in maintenance mode. */
export async function inMaintenance({ lab }: Fixture): Promise<void> {
  await lab.until(() => lab.machines.every((machine) => machine.inspect().api === 'maintenance'));
}

/** Brings machines in maintenance mode into a cluster in the way a person does, up to a bootstrap of cp1. */
export async function build(fixture: Fixture): Promise<void> {
  const { lab } = fixture;
  await inMaintenance(fixture);
  for (const { name } of lab.machines) {
    await fixture.insecure(name, 'apply-config', '-f', fixture.configurationOf(name));
  }
  await bootstrap(fixture, 'cp1');
  await lab.until(() => isHealthy(lab));
}

/** Bootstraps a control plane as soon as that is possible. */
export async function bootstrap(fixture: Fixture, name: string, ...args: string[]): Promise<void> {
  const { lab } = fixture;
  await lab.until(() => {
    const { etcd, api } = lab.machine(name).inspect();
    return api === 'configured' && etcd === 'waiting' && lab.journal.states(name, 'etcd').at(-1)?.value === 'prepared';
  });
  const { code, stderr } = await fixture.on(name, 'bootstrap', ...args);
  if (code !== 0) throw new Error(`talosctl bootstrap of ${name} failed: ${stderr}`);
}

/** Flags of a reset that reboots at once; the labels follow. */
export const wipe = ['--graceful=false', '--reboot', '--wait=false', '--system-labels-to-wipe'];

/** All machines run, all control planes vote, all nodes are ready and one machine has the virtual IP. */
export function isHealthy(lab: Lab): boolean {
  const machines = lab.machines.map((machine) => ({ name: machine.name, ...machine.inspect() }));
  return (
    machines.every(({ stage, isNodeReady }) => stage === 'running' && isNodeReady) &&
    machines
      .filter(({ name }) => name.startsWith('cp'))
      .every(({ etcd, isApiserverUp }) => etcd === 'voter' && isApiserverUp) &&
    machines.some(({ virtualIps }) => virtualIps.length === 1)
  );
}

/** The objects of an `-o json` output: a stream of indented objects. */
export function objectsIn(output: string): {
  metadata: { id: string; type: string; version: number };
  spec: Record<string, unknown>;
  node: string;
  event?: string;
}[] {
  return output
    .split(/^(?=\{$)/m)
    .filter((part) => part.trim() !== '')
    .map((part) => JSON.parse(part) as never);
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

async function generate(folder: string, vip: string, cluster: Cluster): Promise<void> {
  const flags = [
    '--talos-version',
    'v1.13',
    '--with-docs=false',
    '--with-examples=false',
    '--install-disk',
    '/dev/mmcblk0',
  ];
  const secrets = join(folder, 'secrets.yaml');
  await writeFile(secrets, await secretsOf(cluster));
  const { code, stderr } = await command(talosctl, [
    'gen',
    'config',
    'lab',
    `https://${vip}:6443`,
    '--with-secrets',
    secrets,
    ...flags,
    '-o',
    folder,
  ]);
  if (code !== 0) throw new Error(`talosctl gen config failed: ${stderr}`);
}

/** Rejects only where the program cannot be started: how it ended is for the test to judge. */
export function command(file: string, args: string[]): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { timeout: 60_000, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      if (typeof error?.code === 'string') reject(error);
      else resolve({ code: error === null ? 0 : (error.code ?? 1), stdout, stderr });
    });
  });
}
