import { readRunCluster } from '../../cluster/run-copy.ts';
import { pendingSet } from '../../cluster/sets.ts';
import type { NodeDefinition } from '../../run/cluster-definition.ts';
import { Failure } from '../../run/failure.ts';
import type { ObservedNode, PreflightResult } from '../../run/plan/observed.ts';
import { readNodeFacts } from '../../talos/node-facts.ts';
import { redact } from '../../talos/redact.ts';
import { Machine } from '../machine/machine.ts';
import { awaitedNode, setUnder, settled, whileAway } from '../machine/observe-machine.ts';
import type { Building } from '../machine/observe-machine.ts';
import { isHealthyVoter, viewEtcd } from '../cluster/old-etcd.ts';
import type { EtcdView } from '../cluster/old-etcd.ts';
import { checkDiskSpace } from './preflight/check-disk-space.ts';
import { checkEarlierRuns, expectAfterLoss } from './preflight/check-earlier-runs.ts';
import { checkEtcd } from './preflight/check-etcd.ts';
import { checkMachine } from './preflight/check-machine.ts';
import { checkPodNetwork } from './preflight/check-pod-network.ts';
import { checkSecrets } from './preflight/check-secrets.ts';
import { checkTogether } from './preflight/check-together.ts';
import { checkVip } from './preflight/check-vip.ts';
import { isControlPlaneToday } from './preflight/seen-machine.ts';
import type { SeenMachine } from './preflight/seen-machine.ts';
import { patiently } from '../attempt/patiently.ts';
import { earlierWorkOf, pathOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

/**
 * Looks at every machine, file and tool, and finds everything that would make the rebuild fail or hurt, all at once,
 * each with its remedy. Only looks.
 */
export async function checkPreconditions(attempt: Attempt): Promise<PreflightResult> {
  const { run, signal } = attempt;
  const { folder } = attempt.worker;
  const { definition: cluster, warnings } = await readRunCluster(pathOf(attempt));
  const newSet = (await pendingSet(folder))?.name;
  const earlier =
    newSet === undefined ? undefined : await earlierWorkOf(attempt, { set: newSet, secrets: cluster.secrets });
  const building = { newSet, earlier };
  const seen = await Promise.all(cluster.nodes.map((node) => seeMachine(attempt, node, building)));
  const views = await oldEtcd(seen, building, signal);
  const ofOldCluster = [
    ...(await checkVip(cluster, seen)),
    ...(views.length === 0 ? [] : checkEtcd(seen.filter(isControlPlaneToday).length, views)),
  ];
  const findings = [
    ...(await checkEarlierRuns(folder, run.runId, cluster, earlier)),
    ...folder.warnings,
    ...warnings,
    ...seen.flatMap((machine) => checkMachine(cluster, machine, newSet)),
    ...checkTogether(cluster, seen),
    ...(earlier === undefined ? ofOldCluster : expectAfterLoss(ofOldCluster)),
    ...(await checkPodNetwork(cluster)),
    ...(await checkSecrets(folder, cluster, seen)),
    ...(await checkDiskSpace(folder.path)),
  ];
  return { findings, nodes: seen.flatMap((machine) => observedNode(machine, views)) };
}

async function seeMachine(attempt: Attempt, node: NodeDefinition, building: Building): Promise<SeenMachine> {
  const { signal } = attempt;
  try {
    const machine = await Machine.open(attempt, node);
    const { earlier } = building;
    const { condition, access, facts } = await whileAway(node, earlier, signal, async () => {
      const sighting = await settled(attempt, machine, node, earlier);
      const seen = machine.access(sighting);
      return {
        condition: sighting.condition,
        access: seen,
        facts: await patiently(signal, () => readNodeFacts(seen, { signal })),
      };
    });
    if (condition.kind !== 'running' || 'insecure' in access) return { node, facts };
    const set = setUnder(node.name, condition, building);
    return { node, facts, access, ...(set === undefined ? {} : { runsUnder: set }) };
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? redact(error.message) : String(error);
    const failure = error instanceof Failure ? error : new Failure('CommandFailed', `${node.name}: ${message}`);
    const awaited = failure.type === 'NodeUnreachable' ? awaitedNode(node, building.earlier) : undefined;
    return { node, failure, ...(awaited === undefined ? {} : { awaited }) };
  }
}

/** The old etcd as its own control planes see it. */
async function oldEtcd(seen: readonly SeenMachine[], { newSet }: Building, signal: AbortSignal): Promise<EtcdView[]> {
  const running = seen.flatMap((machine) =>
    'access' in machine && isControlPlaneToday(machine) && machine.runsUnder !== newSet ? [machine] : [],
  );
  return Promise.all(running.map(({ node, access }) => viewEtcd(node.name, access, signal)));
}

function observedNode(machine: SeenMachine, views: readonly EtcdView[]): ObservedNode[] {
  if ('failure' in machine) return machine.awaited === undefined ? [] : [machine.awaited];
  const { node, facts, runsUnder } = machine;
  const view = views.find((one) => one.node === node.name);
  return [
    {
      name: node.name,
      identity: facts.identity,
      ...(runsUnder === undefined ? {} : { runsUnder }),
      ...(runsUnder === undefined || facts.machineType === undefined ? {} : { runsAs: facts.machineType }),
      ...(view === undefined || isHealthyVoter(view) ? {} : { isUnfitForQuorum: true }),
    },
  ];
}
