import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { activityInfo } from '@temporalio/activity';
import { sha256OfFile } from '../../cluster/checksums.ts';
import { configurationOf, setNamed } from '../../cluster/sets.ts';
import { canonical } from '../../run/canonical.ts';
import { roleToday } from '../../run/cluster-definition.ts';
import { Failure } from '../../run/failure.ts';
import { identityDifferences } from '../../run/machine-identity.ts';
import type { RebuildPlan, Plan, PlannedNode, PlannedStorage } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { plannedVolumeInWords } from '../../run/plan/volume-fate.ts';
import { digestOf } from './digest.ts';
import { lookAtNode, storageByNode } from './look-at-node.ts';
import { Machine } from '../machine/machine.ts';
import { planOf } from './make-plan.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import { isHealthyVoter, viewEtcd } from '../cluster/old-etcd.ts';
import { clusterOf, earlierWorkOf, pathOf } from '../attempt/run-files.ts';
import { assertNotSetBack } from '../machine/set-back.ts';
import type { Attempt } from '../attempt/attempt.ts';

export interface ConfirmApprovalInput {
  readonly run: RunReference;
  readonly digest: string;
  /** The run that the approval names: after a workflow reset it is another than this one. */
  readonly approvedRunId: string;
}

/**
 * Right before the first reset: makes the plan again from the files and machines as they are now, and compares digests.
 * Fails with `PlanChanged`, saying what moved, if anything did. Only looks.
 */
export async function confirmApproval(
  attempt: Attempt,
  { digest, approvedRunId }: ConfirmApprovalInput,
): Promise<void> {
  const { runId } = activityInfo().workflowExecution ?? {};
  if (runId !== approvedRunId) {
    throw changed(`the approval is for run ${approvedRunId}, this is run ${runId}`);
  }
  await assertNotSetBack(attempt);
  const approved = JSON.parse(await readFile(path.join(pathOf(attempt), 'plan.json'), 'utf8')) as RebuildPlan;
  if (digestOf(approved.plan) !== digest) throw changed('plan.json in the run’s folder is not the approved plan');

  attempt.say('looking once more at every machine and file');
  const { set: newSet } = approved.plan;
  const set = setNamed(attempt.worker.folder, newSet);
  const earlier = await earlierWorkOf(attempt, approved.plan);
  const observed = await Promise.all(
    approved.plan.nodes.map(async (node) => {
      const machine = await Machine.open(attempt, node);
      const seen = await observeMachine(attempt, machine, node, { newSet, earlier });
      const isWorker = roleToday({ ...seen, role: node.role }) === 'worker';
      if (isWorker || seen.runsUnder === undefined || seen.runsUnder === newSet) return seen;
      const view = await viewEtcd(node.name, machine.accessUnder(seen.runsUnder), attempt.signal);
      return isHealthyVoter(view) ? seen : { ...seen, isUnfitForQuorum: true as const };
    }),
  );
  const sha256 = Object.fromEntries(
    await Promise.all(
      approved.plan.nodes.map(async ({ name }) => [name, await sha256OfFile(configurationOf(set, name))] as const),
    ),
  );
  const cluster = await clusterOf(attempt);
  const configurations = { set: set.name, sha256, secretsSha256: await sha256OfFile(set.secrets) };
  const looks = await Promise.all(
    cluster.nodes.map((node) =>
      lookAtNode(attempt, node, observed, configurations, cluster.secrets, 'only what decides'),
    ),
  );
  const now = await planOf(cluster, observed, configurations, storageByNode(looks));
  if (digestOf(now) === digest) return;
  const what = planDifferences(approved.plan, now).join('; ');
  throw changed(what);
}

/** What differs between two plans of one cluster, in words. */
export function planDifferences(approved: Plan, now: Plan): string[] {
  const settings = keysThatDiffer(approved, now)
    .filter((key) => key !== 'nodes')
    .map((key) => (key === 'secretsSha256' ? 'secrets.yaml of the new set was changed' : `\`${key}\` is another`));
  const nodes = now.nodes.flatMap((node) => {
    const before = approved.nodes.find(({ name }) => name === node.name);
    return before ? nodeDifferences(before, node).map((what) => `${node.name}: ${what}`) : [`${node.name} is new`];
  });
  return [...nodes, ...settings];
}

function nodeDifferences(approved: PlannedNode, now: PlannedNode): string[] {
  return keysThatDiffer(approved, now).flatMap((key) => {
    if (key === 'identity') return identityDifferences(approved.identity, now.identity);
    if (key === 'runsUnder')
      return [`runs under ${now.runsUnder ?? 'no set'}, planned ${approved.runsUnder ?? 'none'}`];
    if (key === 'runsAs') return [`runs as ${now.runsAs ?? 'nothing yet'}, planned ${approved.runsAs ?? 'nothing'}`];
    if (key === 'configurationSha256') return ['its configuration was changed'];
    if (key === 'storage') return storageDifferences(approved.storage, now.storage);
    return [`\`${key}\` is another`];
  });
}

function storageDifferences(approved: PlannedStorage, now: PlannedStorage): string[] {
  const before = approved.volumes.map(plannedVolumeInWords);
  const others = now.volumes.map(plannedVolumeInWords).filter((line) => !before.includes(line));
  return others.length > 0 ? others : ['its disks are others'];
}

function keysThatDiffer<T extends object>(a: T, b: T): string[] {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].filter((key) => canonical(a[key as keyof T]) !== canonical(b[key as keyof T]));
}

function changed(what: string): Failure {
  return new Failure(
    'PlanChanged',
    `The approval is void, because something moved: ${what}. No machine was reset. Start again for a new plan.`,
  );
}
