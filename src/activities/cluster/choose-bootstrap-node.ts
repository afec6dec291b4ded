import type { MachineTrace } from '../../run/machine-trace.ts';
import { controlPlanes } from '../../run/cluster-definition.ts';
import { Failure } from '../../run/failure.ts';
import type { Plan, PlannedNode } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { etcdServiceState } from '../../talos/services.ts';
import type { ServiceState } from '../../talos/services.ts';
import { Machine, runsOnlyUnder, runsUnder } from '../machine/machine.ts';
import { earlierWorkOf, record, recordOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

const lookEveryMs = 100;

/**
 * Chooses the control plane to bootstrap: the one that cluster.yaml names, or the first whose etcd waits for
 * it. The choice is written down and never changes by itself: a second bootstrap on another machine would make
 * a second cluster, and nothing in Talos prevents that. Only looks, so it may run again at any moment.
 * Resolves with the node's name.
 */
export async function chooseBootstrapNode(
  attempt: Attempt,
  { plan }: { readonly run: RunReference; readonly plan: Plan },
): Promise<string> {
  // A run that built this very set and was lost may have sent its bootstrap, which may still be under way: no look
  // at the machines shows it.
  const chosen = (await recordOf(attempt)).bootstrap ?? (await earlierWorkOf(attempt, plan))?.bootstrap;
  if (chosen !== undefined) {
    await record(attempt, (all) => {
      all.bootstrap ??= chosen;
    });
    return chosen.node;
  }

  const nodes = controlPlanes(plan.nodes);
  const machines = await Promise.all(nodes.map(async (node) => ({ node, machine: await Machine.open(attempt, node) })));
  const limitMs = Math.max(...nodes.map(({ timeouts }) => timeouts.resetMs + timeouts.applyMs));
  const names = candidatesOf(plan).map(({ name }) => name);
  let services: ReadonlyMap<string, ServiceState | undefined> = new Map();
  const look = async (): Promise<string | undefined> => {
    const { nodes: seen } = await recordOf(attempt);
    services = new Map(
      await Promise.all(
        machines.map(async ({ node, machine }) => {
          const isMarked = isWrittenDown(node, seen[node.name]);
          return [node.name, await etcdOf(machine, plan, isMarked, attempt.signal)] as const;
        }),
      ),
    );
    const first = pickBootstrapNode(plan, new Map([...services].map(([name, etcd]) => [name, etcd?.state])));
    if (first !== undefined) {
      await record(attempt, (all) => {
        all.bootstrap ??= { node: first, chosenAt: new Date().toISOString() };
      });
      return first;
    }
    attempt.say(`waiting for ${names.join(', ')} to be ready for the bootstrap`);
    return undefined;
  };
  const late = (): never => {
    throw new Failure(
      'NotYet',
      `None of ${names.join(', ')} is ready for the bootstrap after ${Math.round(limitMs / 1000)} s: ` +
        `etcd has to wait in state Preparing, but ${names.map((name) => describeEtcd(name, services.get(name))).join('; ')}. ` +
        'No bootstrap was sent.',
    );
  };
  return attempt.until(look, { limitMs, everyMs: lookEveryMs, late });
}

/**
 * Which control plane to bootstrap, by the state of etcd on each of the new cluster's; undefined as long as nobody can
 * say. Where an earlier run built control planes, one of them may run etcd already, and none other may be bootstrapped.
 */
export function pickBootstrapNode(plan: Plan, states: ReadonlyMap<string, string | undefined>): string | undefined {
  const built = controlPlanes(plan.nodes).filter(({ runsUnder }) => runsUnder === plan.set);
  const running = built.find(({ name }) => states.get(name) === 'Running');
  if (running) return running.name;
  if (built.some(({ name }) => !isReady(states.get(name)))) return undefined;
  return candidatesOf(plan).find(({ name }) => isReady(states.get(name)))?.name;
}

function candidatesOf(plan: Plan): PlannedNode[] {
  return controlPlanes(plan.nodes).filter(({ name }) => (plan.bootstrapNode ?? name) === name);
}

function isReady(etcd: string | undefined): boolean {
  return etcd === 'Preparing' || etcd === 'Running';
}

/** Whether it was written down that the machine is none of the old cluster's any more. */
function isWrittenDown({ reset }: PlannedNode, seen: MachineTrace | undefined): boolean {
  return reset === 'none' || seen?.maintenanceSeenAt !== undefined;
}

/**
 * Undefined where the machine does not run under the new set yet, does not answer, or has no etcd yet. Where the sets
 * share their CA, one that has not been wiped yet looks like one of the new cluster, and its old etcd runs: then what
 * was written down decides.
 */
async function etcdOf(
  machine: Machine,
  plan: Plan,
  isMarked: boolean,
  signal: AbortSignal,
): Promise<ServiceState | undefined> {
  const { condition } = await machine.look();
  if (!(isMarked ? runsUnder(condition, plan.set) : runsOnlyUnder(condition, plan.set))) return undefined;
  const etcd = await etcdServiceState(machine.accessUnder(plan.set), { signal }).catch(() => undefined);
  machine.say(`etcd is ${etcd?.state ?? 'not there yet'}`);
  return etcd;
}

/** With what Talos says that its etcd waits for, such as `time sync`. */
function describeEtcd(name: string, etcd: ServiceState | undefined): string {
  return etcd === undefined
    ? `${name} tells nothing of its etcd`
    : `on ${name} it is ${etcd.state} (${etcd.lastEvent})`;
}
