import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../files/atomic-write.ts';
import { sha256OfFile } from '../../cluster/checksums.ts';
import type { ClusterDefinition, NodeDefinition } from '../../run/cluster-definition.ts';
import { roleToday } from '../../run/cluster-definition.ts';
import { warnOfDropped } from '../../run/plan/dropped-settings.ts';
import { describeConsequences } from '../../run/plan/consequences.ts';
import { describeGoingOn } from '../../run/plan/earlier-work.ts';
import { forbids } from '../../run/findings.ts';
import { persistentVolumeFate } from '../../run/plan/persistent-volume-fate.ts';
import type { Plan, PlannedNode, PlannedStorage, RebuildPlan } from '../../run/plan/plan.ts';
import { orderResets } from '../../run/plan/plan.ts';
import type { PlanLosses, SeenData } from '../../run/plan/losses.ts';
import { firstOf, lossesOf } from '../../run/plan/losses.ts';
import type { GeneratedConfigurations, ObservedNode } from '../../run/plan/observed.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { redactedDiff } from '../../talos/config-diff.ts';
import type { ComparedMachine } from './compare-settings.ts';
import { compareSettings } from './compare-settings.ts';
import { digestOf } from './digest.ts';
import type { NodeLook } from './look-at-node.ts';
import { lookAtNode, notIdentified, resetOf, storageByNode } from './look-at-node.ts';
import { readOldVolumes } from './old-volumes.ts';
import { clusterOf, earlierWorkOf, pathOf, record } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

export interface MakePlanInput {
  readonly run: RunReference;
  readonly observed: readonly ObservedNode[];
  readonly configurations: GeneratedConfigurations;
}

/** How much of a list goes into the plan that Temporal keeps; all of it is in the run's folder. */
const shownAtMost = { losses: 24, dropped: 40 };

/**
 * Writes down what the rebuild will do and its digest, and what it takes from whom: `plan.json`, `losses.txt`,
 * `dropped.txt`, patches that would keep what is dropped, and a redacted `diffs/<node>.diff` for each machine, in the
 * run's folder. May run again; only reads from machines.
 */
export async function makePlan(attempt: Attempt, { observed, configurations }: MakePlanInput): Promise<RebuildPlan> {
  const cluster = await clusterOf(attempt);
  const folder = pathOf(attempt);
  attempt.say('looking at disks and running configurations');
  const looks = await Promise.all(
    cluster.nodes.map((node) => lookAtNode(attempt, node, observed, configurations, cluster.secrets)),
  );
  const plan = await planOf(cluster, observed, configurations, storageByNode(looks));
  const digest = digestOf(plan);
  const earlier = await earlierWorkOf(attempt, plan);
  const losses = await writeLosses(attempt, looks, plan.nodes);
  const dropped = await compareSettings(looks.flatMap(comparedMachine), cluster.dropped, folder);
  const shown = { losses, droppedCount: dropped.length };
  const goesOn = earlier && describeGoingOn(earlier, plan.nodes);
  const approvable: RebuildPlan = {
    operation: 'rebuild',
    plan,
    digest,
    ...(goesOn && { goesOn }),
    consequences: [...(goesOn ?? []), ...describeConsequences(plan, shown)],
    ...shown,
    dropped: dropped.slice(0, shownAtMost.dropped),
    findings: [...looks.flatMap((look) => look.storage.findings), ...warnOfDropped(dropped)],
    diffs: await writeDiffs(looks, folder),
  };
  await writeFileAtomic(path.join(folder, 'plan.json'), `${JSON.stringify(approvable, undefined, 2)}\n`);
  // A plan that is refused is none yet: cluster.yaml and the patches may still be mended.
  if (!forbids(approvable.findings)) await record(attempt, (all) => void (all.planDigest = digest));
  return approvable;
}

function comparedMachine({ node, running, planned, hostname }: NodeLook): ComparedMachine[] {
  if (running === undefined) return [];
  const { name, role } = node;
  const machine = { name, role, runningYaml: running, plannedYaml: planned };
  return [hostname === undefined ? machine : { ...machine, hostname }];
}

/** What is lost and kept, with the whole lists in `losses.txt`. */
async function writeLosses(
  attempt: Attempt,
  looks: readonly NodeLook[],
  nodes: readonly PlannedNode[],
): Promise<PlanLosses> {
  const folder = pathOf(attempt);
  const old = looks.filter(({ access }) => access !== undefined);
  attempt.say('asking the old cluster for its PersistentVolumes');
  const controlPlanes = nodes.filter((node) => roleToday(node) === 'controlplane').map(({ name }) => name);
  const asked = old.flatMap(({ node, access }) => (access && controlPlanes.includes(node.name) ? [access] : []));
  const seen = old.length === 0 ? { volumes: [] } : await readOldVolumes(asked, folder, attempt.signal);
  const mounts = looks.flatMap(({ storage }) => storage.keptMounts);
  const hostnames = old.map(({ node, hostname }) => hostname ?? node.name);
  const losses = lossesOf({
    isTornDown: old.length > 0,
    ...('unread' in seen ? { unread: seen.unread } : {}),
    persistentVolumes: 'unread' in seen ? [] : seen.volumes.map((one) => persistentVolumeFate(one, mounts, hostnames)),
    directories: directoriesOf(looks),
    kept: looks.flatMap(({ node, storage }) => storage.kept.map((volume) => ({ node: node.name, volume }))),
    machines: looks.map(({ storage }) => storage.fate),
  });
  await writeFileAtomic(
    path.join(folder, 'losses.txt'),
    [...losses.lost, '', ...losses.kept].map((line) => `${line}\n`).join(''),
  );
  const first = (lines: readonly string[]): string[] => firstOf(lines, shownAtMost.losses, 'losses.txt');
  return { ...losses, lost: first(losses.lost), kept: first(losses.kept) };
}

/** Directory volumes of today by name, with the machines that have them. */
function directoriesOf(looks: readonly NodeLook[]): SeenData['directories'] {
  const nodes = new Map<string, string[]>();
  for (const { node, storage } of looks) {
    for (const name of storage.lostDirectories) nodes.set(name, [...(nodes.get(name) ?? []), node.name]);
  }
  return [...nodes].map(([name, on]) => ({ name, nodes: on }));
}

/** Resolves with the files' names in the run's folder. */
async function writeDiffs(looks: readonly NodeLook[], folder: string): Promise<Record<string, string>> {
  await mkdir(path.join(folder, 'diffs'), { recursive: true, mode: 0o700 });
  const names: Record<string, string> = {};
  for (const { node, running, planned } of looks) {
    const name = path.join('diffs', `${node.name}.diff`);
    await writeFileAtomic(path.join(folder, name), redactedDiff(running, planned));
    names[node.name] = name;
  }
  return names;
}

/** What is installed and run after the bootstrap, with digests of the files. */
export async function afterBootstrapOf({ afterBootstrap }: ClusterDefinition): Promise<Plan['afterBootstrap']> {
  const { manifests, commands } = afterBootstrap;
  const digests = manifests.map(async (file) => ({ file: path.basename(file), sha256: await sha256OfFile(file) }));
  return { manifests: await Promise.all(digests), commands };
}

/** The plan of this cluster for these machines, as they were seen. */
export async function planOf(
  cluster: ClusterDefinition,
  observed: readonly ObservedNode[],
  configurations: Pick<GeneratedConfigurations, 'set' | 'sha256' | 'secretsSha256'>,
  storage: Readonly<Record<string, PlannedStorage>>,
): Promise<Plan> {
  const nodes = cluster.nodes.map((node) => plannedNode(node, observed, configurations, storage));
  return {
    version: 1,
    cluster: cluster.name,
    endpoint: cluster.endpoint,
    vip: cluster.vip,
    talosVersion: cluster.talos.version,
    kubernetesVersion: cluster.kubernetes.version,
    secrets: cluster.secrets,
    set: configurations.set,
    secretsSha256: configurations.secretsSha256,
    nodes,
    order: orderResets(
      nodes,
      observed.flatMap(({ name, isUnfitForQuorum }) => (isUnfitForQuorum ? [name] : [])),
    ),
    ...(cluster.bootstrapNode === undefined ? {} : { bootstrapNode: cluster.bootstrapNode }),
    afterBootstrap: await afterBootstrapOf(cluster),
    failoverBudgetMs: cluster.failover.budgetMs,
    mergesInto: Object.keys(cluster.merge).toSorted(),
    dropped: cluster.dropped,
    approval: cluster.approval,
  };
}

function plannedNode(
  node: NodeDefinition,
  observed: readonly ObservedNode[],
  { set, sha256 }: Pick<GeneratedConfigurations, 'set' | 'sha256'>,
  storage: Readonly<Record<string, PlannedStorage>>,
): PlannedNode {
  const seen = observed.find(({ name }) => name === node.name);
  const configurationSha256 = sha256[node.name];
  if (!seen || configurationSha256 === undefined) throw notIdentified(node);
  const reset = resetOf(seen, set);
  return {
    name: node.name,
    role: node.role,
    address: node.address,
    maintenanceAddress: node.maintenanceAddress ?? node.address,
    link: node.link,
    identity: seen.identity,
    reset,
    ...(seen.runsUnder === undefined ? {} : { runsUnder: seen.runsUnder }),
    ...(reset === 'none' || seen.runsAs === undefined ? {} : { runsAs: seen.runsAs }),
    configurationSha256,
    storage: storage[node.name] ?? { volumes: [], unreadable: [] },
    mayLose: {
      ...(node.eraseDisk === undefined ? {} : { eraseDisk: node.eraseDisk }),
      unreadableVolumes: node.unreadableVolumes,
    },
    timeouts: node.timeouts,
  };
}
