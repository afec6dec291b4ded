import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../cluster/atomic-write.ts';
import { sha256OfFile } from '../cluster/checksums.ts';
import { configurationOf, setNamed } from '../cluster/sets.ts';
import type { ClusterDefinition, NodeDefinition } from '../run/cluster-definition.ts';
import { describeConsequences } from '../run/consequences.ts';
import { Failure } from '../run/failure.ts';
import type { ApprovablePlan, Plan, PlannedNode } from '../run/plan.ts';
import { orderResets } from '../run/plan.ts';
import type { GeneratedConfigurations, ObservedNode, RunReference } from '../run/steps.ts';
import { redactedDiff } from '../talos/config-diff.ts';
import { readRunningConfiguration } from '../talos/running-configuration.ts';
import { digestOf } from './digest.ts';
import { Machine } from './machine.ts';
import { clusterOf, pathOf, record } from './run-files.ts';
import type { Step } from './step.ts';
import type { WorkerContext } from './worker-context.ts';

export interface MakePlanInput {
  readonly run: RunReference;
  readonly observed: readonly ObservedNode[];
  readonly configurations: GeneratedConfigurations;
}

/**
 * Writes down what the rebuild will do and its digest: `plan.json` and a redacted `diffs/<node>.diff` for each machine in the run's folder.
 * May run again; only reads from machines.
 */
export async function makePlan(
  worker: WorkerContext,
  { run, observed, configurations }: MakePlanInput,
  step: Step,
): Promise<ApprovablePlan> {
  const cluster = await clusterOf(worker, run);
  const plan = await planOf(cluster, observed, configurations);
  const digest = digestOf(plan);
  step.say('comparing with the running configurations');
  const diffs = Object.fromEntries(
    await Promise.all(
      plan.nodes.map(async (node) => [node.name, await writeDiff(worker, run, node, plan.newSet, step)] as const),
    ),
  );
  const approvable: ApprovablePlan = { plan, digest, consequences: describeConsequences(plan), diffs };
  await writeFileAtomic(path.join(pathOf(worker, run), 'plan.json'), `${JSON.stringify(approvable, undefined, 2)}\n`);
  await record(worker, run, (all) => {
    all.planDigest = digest;
  });
  return approvable;
}

/** The plan of this cluster for these machines, as they were seen. */
export async function planOf(
  cluster: ClusterDefinition,
  observed: readonly ObservedNode[],
  configurations: Pick<GeneratedConfigurations, 'set' | 'sha256'>,
): Promise<Plan> {
  const nodes = cluster.nodes.map((node) => plannedNode(node, observed, configurations, cluster.secrets));
  const { manifests, commands } = cluster.afterBootstrap;
  return {
    version: 1,
    cluster: cluster.name,
    endpoint: cluster.endpoint,
    vip: cluster.vip,
    talosVersion: cluster.talos.version,
    kubernetesVersion: cluster.kubernetes.version,
    secrets: cluster.secrets,
    newSet: configurations.set,
    nodes,
    order: orderResets(nodes),
    ...(cluster.bootstrapNode === undefined ? {} : { bootstrapNode: cluster.bootstrapNode }),
    afterBootstrap: {
      manifests: await Promise.all(
        manifests.map(async (file) => ({ file: path.basename(file), sha256: await sha256OfFile(file) })),
      ),
      commands,
    },
    failoverBudgetMs: cluster.failover.budgetMs,
    mergesInto: Object.keys(cluster.merge).toSorted(),
    approval: cluster.approval,
  };
}

function plannedNode(
  node: NodeDefinition,
  observed: readonly ObservedNode[],
  { set, sha256 }: Pick<GeneratedConfigurations, 'set' | 'sha256'>,
  secrets: 'new' | 'keep',
): PlannedNode {
  const seen = observed.find(({ name }) => name === node.name);
  const configurationSha256 = sha256[node.name];
  if (!seen || configurationSha256 === undefined) {
    throw new Failure(
      'PreconditionsFailed',
      `${node.name}: was not identified, so it cannot be planned. Nothing was touched.`,
    );
  }
  // Under the new set already: an earlier run got this far, and nothing is wiped twice.
  const isRebuilt = secrets === 'new' && seen.runsUnder === set;
  return {
    name: node.name,
    role: node.role,
    address: node.address,
    maintenanceAddress: node.maintenanceAddress ?? node.address,
    link: node.link,
    identity: seen.identity,
    reset: seen.runsUnder === undefined || isRebuilt ? 'none' : 'wipe',
    ...(seen.runsUnder === undefined ? {} : { runsUnder: seen.runsUnder }),
    configurationSha256,
    timeouts: node.timeouts,
  };
}

/** Resolves with the file's name in the run's folder. */
async function writeDiff(
  worker: WorkerContext,
  run: RunReference,
  node: PlannedNode,
  newSet: string,
  step: Step,
): Promise<string> {
  const machine = await Machine.open(worker, step, run, node);
  const running =
    node.runsUnder === undefined
      ? undefined
      : await readRunningConfiguration(machine.credentials(await machine.answering()), { signal: step.signal });
  const planned = await readFile(configurationOf(setNamed(worker.folder, newSet), node.name), 'utf8');
  const name = path.join('diffs', `${node.name}.diff`);
  const file = path.join(pathOf(worker, run), name);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomic(file, redactedDiff(running, planned));
  return name;
}
