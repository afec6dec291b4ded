import { setTimeout as sleep } from 'node:timers/promises';
import type { EarlierWork } from '../../run/plan/earlier-work.ts';
import { awayUntil, lastDone, plannedWhenApplied, setOf } from '../../run/plan/earlier-work.ts';
import { Failure, isFailure } from '../../run/failure.ts';
import type { NodeCondition } from '../../run/node-condition.ts';
import type { PlannedNode } from '../../run/plan/plan.ts';
import type { ObservedNode } from '../../run/plan/observed.ts';
import { readIdentity } from '../../talos/identity.ts';
import { readMachineType } from '../../talos/machine-type.ts';
import type { Machine, Sighting } from './machine.ts';
import { readBootId } from '../../talos/reboot.ts';
import { patiently } from '../attempt/patiently.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { isResetUnderWay } from './under-way.ts';

/** What is needed to tell machines of the new cluster from those of the old one. */
export interface Building {
  /** The set that is being made; undefined before the first run has drawn it. */
  readonly newSet: string | undefined;
  readonly earlier: EarlierWork | undefined;
}

/** How long a reboot that was sent may take to show, in ms. */
const settleMs = 15_000;

const lookEveryMs = 500;

type ObservableNode = Pick<PlannedNode, 'name' | 'role' | 'timeouts'>;

/**
 * Which hardware it is and under which set it runs, for the plan. Fails with
 * `UnexpectedCondition` where nobody can say.
 */
export async function observeMachine(
  attempt: Attempt,
  machine: Machine,
  node: ObservableNode,
  building: Building,
): Promise<ObservedNode> {
  const { signal } = attempt;
  const { name } = node;
  try {
    return await whileAway(node, building.earlier, signal, async () => {
      const sighting = await settled(attempt, machine, node, building.earlier);
      const identity = await patiently(signal, () => readIdentity(machine.access(sighting), { signal }));
      const set = setUnder(name, sighting.condition, building);
      if (set === undefined) return { name, identity };
      const runsAs = await patiently(signal, () => readMachineType(machine.credentials(sighting), { signal }));
      return { name, identity, runsUnder: set, ...(runsAs === undefined ? {} : { runsAs }) };
    });
  } catch (error) {
    const awaited = awaitedNode(node, building.earlier);
    if (awaited === undefined || !isFailure(error, 'NodeUnreachable')) throw error;
    return awaited;
  }
}

/**
 * Asks a machine again that goes away in the middle of an answer, as long as that comes of what an
 * earlier run has sent to it.
 */
export async function whileAway<T>(
  node: ObservableNode,
  earlier: EarlierWork | undefined,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T> {
  const awayFor = earlier === undefined ? 0 : awayUntil(earlier, node);
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (!isFailure(error, 'NodeUnreachable') || Date.now() > awayFor) throw error;
      await sleep(lookEveryMs, undefined, { signal });
    }
  }
}

/**
 * Looks until a machine that an earlier run sent something to is done with it: what is planned for one that is on its
 * way is void a moment later. Any other machine has to answer within some seconds.
 */
export async function settled(
  attempt: Attempt,
  machine: Machine,
  node: ObservableNode,
  earlier: EarlierWork | undefined,
): Promise<Sighting> {
  const awayForMs = earlier === undefined ? 0 : awayUntil(earlier, node) - Date.now();
  const { rebooted } = earlier ?? {};
  if (rebooted?.node === node.name && awayForMs > 0) return bootedAnew(attempt, machine, rebooted, awayForMs);
  const sighting = await machine.answering(awayForMs);
  const wasReset = lastDone(earlier?.traces[node.name]) === 'reset' && sighting.condition.kind === 'running';
  if (!wasReset || awayForMs <= 0 || !(await isResetUnderWay(machine, attempt.signal))) return sighting;
  let wasAway = false;
  return machine.waitUntil({
    until: ({ kind }) => {
      wasAway ||= kind === 'unreachable';
      return kind === 'maintenance' || (kind === 'running' && wasAway);
    },
    limitMs: awayForMs,
    waitingFor: 'maintenance mode, as an earlier run has reset it',
  });
}

/** A drill has sent it a reboot: one that still has its former boot id is about to go, or has not got it. */
async function bootedAnew(
  attempt: Attempt,
  machine: Machine,
  { at, bootId }: { readonly at: string; readonly bootId: string },
  limitMs: number,
): Promise<Sighting> {
  const look = async (): Promise<Sighting | undefined> => {
    const sighting = await machine.look();
    if (sighting.condition.kind === 'unreachable') return undefined;
    if (sighting.condition.kind !== 'running') return sighting;
    const now = await readBootId(machine.credentials(sighting), { signal: attempt.signal }).catch(() => undefined);
    const isLeft = now === bootId && Date.now() - Date.parse(at) < settleMs;
    return now === undefined || isLeft ? undefined : sighting;
  };
  const seen = await attempt.until<Sighting | 'late'>(look, { limitMs, everyMs: lookEveryMs, late: () => 'late' });
  return seen === 'late' ? machine.answering() : seen;
}

/** Undefined in maintenance mode. */
export function setUnder(name: string, condition: NodeCondition, { newSet, earlier }: Building): string | undefined {
  if (condition.kind !== 'running') return undefined;
  const seen = setOf(condition.sets, newSet, earlier?.traces[name]);
  if (seen !== 'unknown') return seen.set;
  throw new Failure(
    'UnexpectedCondition',
    `${name}: nobody can say whether it runs the old or the new cluster: their secrets are the same, run ${earlier?.runs[0]} has wiped it, and ` +
      'somebody else gave it a configuration since. Nothing was sent to it. Bring it into maintenance mode yourself (talosctl reset ' +
      '--graceful=false --reboot --system-labels-to-wipe STATE,EPHEMERAL), then retry.',
  );
}

/**
 * A worker that has its new configuration keeps its port shut until a control plane of the new cluster gives it a
 * certificate. Its hardware was read when it got the configuration.
 */
export function awaitedNode(
  { name, role }: Pick<PlannedNode, 'name' | 'role'>,
  earlier: EarlierWork | undefined,
): ObservedNode | undefined {
  const planned = earlier && role === 'worker' ? plannedWhenApplied(earlier, name) : undefined;
  return planned && earlier && { name, identity: planned.identity, runsUnder: earlier.newSet, isAwaited: true };
}
