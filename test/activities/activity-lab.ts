import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { createActivities } from '../../src/activities/index.ts';
import type { Activities } from '../../src/activities/index.ts';
import { openFolder } from '../../src/cluster/folder.ts';
import type { ClusterFolder } from '../../src/cluster/folder.ts';
import { readRunRecord, updateRunRecord } from '../../src/cluster/run-record.ts';
import type { RunRecord } from '../../src/cluster/run-record.ts';
import { knownSets } from '../../src/cluster/known-sets.ts';
import { configurationOf, newSet, setNamed } from '../../src/cluster/sets.ts';
import { controlPlanes } from '../../src/run/cluster-definition.ts';
import type { RebuildPlan, Plan } from '../../src/run/plan/plan.ts';
import type { GeneratedConfigurations, ObservedNode } from '../../src/run/plan/observed.ts';
import type { MachineWay } from '../../src/run/machine-way.ts';
import type { RunReference } from '../../src/run/run-reference.ts';
import { reserveLoopbackSubnet, startLab } from '../../simulator/src/lab.ts';
import type { Effect, Lab, LabMachine, MachineSpec, RequestEntry, Timings } from '../../simulator/src/lab.ts';
import { readIdentity } from '../../src/talos/identity.ts';
import { readMachineType } from '../../src/talos/machine-type.ts';
import { talosctl } from '../talos/real-talosctl.ts';
import { watchNode } from '../talos/watch-node.ts';
import { attempt } from './attempt.ts';
import type { AttemptOptions, BegunAttempt } from './attempt.ts';
import { runTalosctl, secretsOf } from '../drawn-secrets.ts';
import { newFolder, removeFolder } from '../temporary-folder.ts';

export interface ActivityLabOptions {
  /** `cp-1`, `w-1`: the letters tell the role. Default: one control plane. */
  readonly nodes?: readonly string[];
  /**
   * What the machines run when the test begins; `none`: they are in maintenance mode. Default:
   * the old cluster, healthy.
   */
  readonly cluster?: 'old' | 'new' | 'none';
  /** Machines that are control planes of the old cluster whatever their name says, and become what it says. */
  readonly controlPlanesToday?: readonly string[];
  /** Machines that are in maintenance mode although there is a cluster. */
  readonly inMaintenance?: readonly string[];
  readonly secrets?: 'new' | 'keep';
  /** How long each machine may take for anything. */
  readonly timeout?: string;
  /** Further lines of cluster.yaml, in which %VIP% stands for the virtual IP. */
  readonly settings?: string;
  /** Further keys of a machine in cluster.yaml. */
  readonly node?: (name: string) => string;
  /** Files beside cluster.yaml. */
  readonly files?: Readonly<Record<string, string>>;
  /** A patch for the old cluster's control planes, in which %VIP% stands for the virtual IP. */
  readonly oldPatch?: string;
  readonly speed?: number;
  readonly timings?: Partial<Timings>;
  readonly machine?: (spec: MachineSpec) => MachineSpec;
  /** Another program in the place of talosctl. */
  readonly talosctl?: string;
  /** Whether the run gets as far as a plan before the test begins. Default: true. */
  readonly isPlanned?: boolean;
}

type Name = keyof Activities;
type Input<N extends Name> = Parameters<Activities[N]>[0];
type Result<N extends Name> = Awaited<ReturnType<Activities[N]>>;

/** Simulated machines, a cluster's folder and a run, on which one activity after the other can be carried out. */
export interface ActivityLab {
  readonly lab: Lab;
  readonly folder: ClusterFolder;
  readonly clusterFile: string;
  readonly run: RunReference;
  readonly runPath: string;
  readonly vip: string;
  readonly configurations: GeneratedConfigurations;
  readonly plan: Plan;
  readonly approvable: RebuildPlan;
  machine(name: string): LabMachine;
  /** Where the complete new configuration of a machine is. */
  configurationFile(name: string): string;
  /** What was asked of a machine, of one method. */
  requests(name: string, method?: string): RequestEntry[];
  effects(name: string, effect: Effect): number;
  /** The input of the activities that deal with one machine. */
  way(name: string): MachineWay;
  /** The input of the activities that deal with the whole plan. */
  readonly whole: { readonly run: RunReference; readonly plan: Plan };
  /** That of the drill. */
  readonly drill: { readonly run: RunReference; readonly expected: Plan; readonly budgetMs: number };
  begin<N extends Name>(activity: N, input: Input<N>, options?: AttemptOptions): BegunAttempt<Result<N>>;
  carryOut<N extends Name>(activity: N, input: Input<N>, options?: AttemptOptions): Promise<Result<N>>;
  /** Looks at the machines and plans, as a run does in its first phases. */
  makePlan(): Promise<RebuildPlan>;
  record(): Promise<RunRecord>;
  changeRecord(mutate: (record: RunRecord) => void): Promise<void>;
  /** Resolves when the condition holds, which is looked at all the time. */
  until(condition: () => boolean): Promise<void>;
  /** Everything that attempts told Temporal so far: heartbeats, results and failures, as text. */
  readonly told: readonly string[];
  /** Somebody else makes a machine one of their cluster. */
  takeOver(name: string): Promise<void>;
  /** Ends an attempt as soon as a machine has got its request: the worker dies before it hears the answer. */
  endAfter(attempt: BegunAttempt<unknown>, name: string, method: string): Promise<void>;
}

export async function startActivityLab(t: TestContext, options: ActivityLabOptions = {}): Promise<ActivityLab> {
  const undo: (() => unknown)[] = [];
  t.after(async () => {
    for (const undoOne of undo.toReversed()) await undoOne();
  });
  const { nodes: names = ['cp-1'], cluster = 'old', inMaintenance = [], isPlanned = true } = options;
  const { controlPlanesToday = [] } = options;
  const base = await newFolder();
  undo.push(() => removeFolder(base));
  const subnet = await reserveLoopbackSubnet();
  undo.push(() => subnet.release());
  const vip = `${subnet.prefix}.10`;
  const nodes = names.map((name) => ({ name, ...roleAndAddress(name, subnet.prefix) }));
  const folderPath = path.join(base, 'folder');
  const old = await makeOldSet(folderPath, nodes, options.oldPatch?.replaceAll('%VIP%', vip));

  const folder = await openFolder(folderPath);
  await writeFile((await newSet(folder)).secrets, await secretsOf('new'), { mode: 0o600 });
  if (options.secrets === 'keep') await rm(path.join(folderPath, 'automation-new'));
  for (const [name, content] of Object.entries(options.files ?? {})) await writeFile(path.join(base, name), content);
  const clusterFile = path.join(base, 'cluster.yaml');
  await writeFile(clusterFile, clusterYaml(vip, folderPath, nodes, options));

  const found = options.talosctl === undefined ? talosctl : { binary: options.talosctl };
  const activities = createActivities({ folder, talosctl: async () => found });
  const told: string[] = [];
  const begin: ActivityLab['begin'] = (activity, input, attemptOptions) =>
    attempt(activities[activity] as (input: unknown) => Promise<never>, input, {
      ...attemptOptions,
      onTold: (what) => void told.push(`${activity}: ${what}`),
    });
  const carryOut: ActivityLab['carryOut'] = (...args) => begin(...args).result;

  const runId = '0198c0de-0000-7000-8000-00000000cafe';
  const startedAt = '2026-01-01T00:00:00.000Z';
  const request = { clusterFile, cluster: 'home', operation: 'rebuild', requestedBy: 'test' } as const;
  const { run, path: runPath } = await carryOut('openRun', { request, runId, startedAt });
  const configurations = await carryOut('generateConfigurations', { run });

  const lab = await startLab({
    speed: options.speed ?? 50,
    timings: options.timings ?? {},
    machines: await Promise.all(
      nodes.map(async ({ name, role, address }) => {
        const plain: MachineSpec = { name, address, link: 'end0' };
        const spec = options.machine?.(plain) ?? plain;
        if (cluster === 'none' || inMaintenance.includes(name)) return spec;
        const file = configurationOf(setNamed(folder, configurations.set), name);
        const configuration =
          cluster === 'new'
            ? await readFile(file, 'utf8')
            : old[controlPlanesToday.includes(name) ? 'controlplane' : role];
        return { ...spec, configuration: configuration.replaceAll('HOSTNAME', name) };
      }),
    ),
  });
  undo.push(() => lab.close());
  const first = names.find((name) => name.startsWith('cp') && !inMaintenance.includes(name));
  if (cluster !== 'none' && first !== undefined) await lab.bootstrapOldCluster(first);

  let approvable: RebuildPlan | undefined;
  const makePlan = async (): Promise<RebuildPlan> => {
    const observed = await Promise.all(nodes.map((node) => observe(folder, node)));
    approvable = await carryOut('makePlan', { run, observed, configurations });
    return approvable;
  };
  const until = async (condition: () => boolean): Promise<void> => {
    const endsAt = performance.now() + 60_000;
    while (!condition()) {
      if (performance.now() > endsAt) throw new Error(`after a minute it is still not so: ${String(condition)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await until(() => inMaintenance.every((name) => lab.machine(name).inspect().api === 'maintenance'));
  if (isPlanned) await makePlan();
  const planned = (): RebuildPlan => {
    if (approvable === undefined) throw new Error('there is no plan yet');
    return approvable;
  };
  return {
    lab,
    folder,
    clusterFile,
    run,
    runPath,
    vip,
    configurations,
    get plan() {
      return planned().plan;
    },
    get approvable() {
      return planned();
    },
    machine: (name) => lab.machine(name),
    configurationFile: (name) => configurationOf(setNamed(folder, configurations.set), name),
    requests: (name, method) => lab.journal.requests(name, method),
    effects: (name, effect) => lab.journal.effects(name, effect).length,
    way: (name) => wayOf(run, planned().plan, name),
    get whole() {
      return { run, plan: planned().plan };
    },
    get drill() {
      const { plan } = planned();
      return { run, expected: plan, budgetMs: plan.failoverBudgetMs };
    },
    begin,
    carryOut,
    makePlan,
    record: () => readRunRecord(runPath),
    changeRecord: async (mutate) => void (await updateRunRecord(runPath, mutate)),
    until,
    told,
    takeOver: async (name) => {
      const machine = lab.machine(name);
      machine.reflash();
      await until(() => machine.inspect().api === 'maintenance');
      const file = path.join(base, 'theirs.yaml');
      await writeFile(file, await foreignConfiguration(name, machine.address));
      await runTalosctl('apply-config', '--insecure', '-n', machine.address, '-f', file);
      await until(() => machine.inspect().api === 'configured');
    },
    endAfter: async (one, name, method) => {
      const before = lab.journal.requests(name, method).length;
      await until(() => lab.journal.requests(name, method).length > before);
      await one.end();
    },
  };
}

/** A machine's configuration by another cluster's secrets, whose talosconfig nobody here has. */
async function foreignConfiguration(name: string, address: string): Promise<string> {
  const folder = await newFolder();
  try {
    await writeFile(path.join(folder, 'secrets.yaml'), await secretsOf('foreign'));
    await generate(folder, 'theirs', address, hostnamePatch);
    return (await readFile(path.join(folder, 'controlplane.yaml'), 'utf8')).replaceAll('HOSTNAME', name);
  } finally {
    await removeFolder(folder);
  }
}

interface Node {
  readonly name: string;
  readonly role: 'controlplane' | 'worker';
  readonly address: string;
}

function roleAndAddress(name: string, prefix: string): Omit<Node, 'name'> {
  const isControlPlane = name.startsWith('cp');
  const number = Number(name.replace(/\D/g, ''));
  return {
    role: isControlPlane ? 'controlplane' : 'worker',
    address: `${prefix}.${(isControlPlane ? 10 : 100) + number}`,
  };
}

const hostnamePatch = JSON.stringify({
  apiVersion: 'v1alpha1',
  kind: 'HostnameConfig',
  hostname: 'HOSTNAME',
  auto: 'off',
});

/** The set of a cluster as it was: endpoint on its first machine, no VIP, secrets of its own. */
async function makeOldSet(
  folder: string,
  nodes: readonly Node[],
  controlPlanePatch?: string,
): Promise<Record<Node['role'], string>> {
  const set = path.join(folder, 'sets', '2025-01-01');
  await mkdir(set, { recursive: true, mode: 0o700 });
  await writeFile(path.join(set, 'secrets.yaml'), await secretsOf('old'), { mode: 0o600 });
  const patches = controlPlanePatch === undefined ? [] : ['--config-patch-control-plane', controlPlanePatch];
  await generate(set, 'home', nodes[0]?.address ?? '', hostnamePatch, ...patches);
  await symlink(path.join('sets', '2025-01-01'), path.join(folder, 'automation'));
  return {
    controlplane: await readFile(path.join(set, 'controlplane.yaml'), 'utf8'),
    worker: await readFile(path.join(set, 'worker.yaml'), 'utf8'),
  };
}

async function generate(folder: string, name: string, host: string, patch: string, ...more: string[]): Promise<void> {
  const secrets = ['--with-secrets', path.join(folder, 'secrets.yaml')];
  const plain = ['--talos-version', 'v1.13', '--with-docs=false', '--with-examples=false'];
  const args = [...secrets, ...plain, '--install-disk', '/dev/mmcblk0', '--config-patch', patch, ...more, '-o', folder];
  await runTalosctl('gen', 'config', name, `https://${host}:6443`, ...args);
}

function clusterYaml(vip: string, folder: string, nodes: readonly Node[], options: ActivityLabOptions): string {
  const { secrets = 'new', timeout = '60s', settings = '', node = () => '' } = options;
  const lines = nodes.map(({ name, role, address }) => {
    const more = node(name);
    return `  - { name: ${name}, role: ${role}, address: ${address}${more && `, ${more}`} }`;
  });
  return `name: home
endpoint: https://${vip}:6443
vip: { address: ${vip}, link: end0 }
talos: { version: v1.13.9, installDisk: /dev/mmcblk0, installImage: 'ghcr.io/siderolabs/installer:v1.13.9' }
kubernetes: { version: 1.36.0 }
folder: ${folder}
secrets: ${secrets}
timeouts: { reset: ${timeout}, apply: ${timeout}, bootstrap: ${timeout}, verify: ${timeout} }
nodes:
${lines.join('\n')}
${settings.replaceAll('%VIP%', vip)}`;
}

/** What preflight would find of a machine, without all its other questions, which cost a second. */
async function observe(folder: ClusterFolder, { name, address }: Node): Promise<ObservedNode> {
  const sets = await knownSets(folder);
  const condition = await watchNode(address, sets, {
    until: ({ kind }) => kind === 'maintenance' || kind === 'running',
    deadlineMs: 30_000,
  });
  if (condition.kind === 'maintenance') {
    const access = { talosctl, address, insecure: true, fingerprint: condition.fingerprint } as const;
    return { name, identity: await readIdentity(access) };
  }
  const [runsUnder = ''] = condition.kind === 'running' ? condition.sets : [];
  const { talosconfig } = setNamed(folder, runsUnder);
  const access = { talosctl, address, talosconfig };
  const runsAs = await readMachineType(access);
  return { name, identity: await readIdentity(access), runsUnder, ...(runsAs && { runsAs }) };
}

function wayOf(run: RunReference, plan: Plan, name: string): MachineWay {
  const node = plan.nodes.find((one) => one.name === name);
  if (node === undefined) throw new Error(`the plan has no machine ${name}`);
  const addresses = controlPlanes(plan.nodes).map(({ address }) => address);
  const from = node.reset === 'wipe' && node.runsUnder !== undefined ? { from: node.runsUnder } : {};
  return { run, node, ...from, to: plan.set, controlPlanes: addresses, isAmended: false };
}
