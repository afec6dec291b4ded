import { describeFailure } from '../../run/words/failure-report.ts';
import { Failure, isFailure } from '../../run/failure.ts';
import type { NodeCondition } from '../../run/node-condition.ts';
import type { PlannedNode } from '../../run/plan/plan.ts';
import type { MachineWay } from '../../run/machine-way.ts';
import { mayPass } from '../../talos/errors.ts';
import { readMachineType } from '../../talos/machine-type.ts';
import { resetNode as sendReset } from '../../talos/reset.ts';
import { judgeReset } from './judge-reset.ts';
import type { ResetVerdict } from './judge-reset.ts';
import { Machine } from './machine.ts';
import type { Sighting } from './machine.ts';
import { patiently } from '../attempt/patiently.ts';
import { recordNode, recordOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { isResetUnderWay } from './under-way.ts';

/**
 * Talos refuses a reset that it cannot do with the same statuses as one that failed in passing: after
 * so many a person is asked.
 */
const unclearAtMost = 3;

/** Resets of this attempt that were lost or failed without a clear no; the machine was seen to run on after each. */
interface Unclear {
  /** Those that the machine has answered. */
  readonly count: number;
  /** How the last reset that was lost or failed did so. */
  readonly last?: string;
}

/**
 * Brings one machine into maintenance mode, wiping STATE and EPHEMERAL and nothing else. May run again at any moment:
 * the reset is sent only while the machine runs under the planned old set, is the planned hardware, and was not seen in
 * maintenance mode since the run began; and with the old set's talosconfig, which a rebuilt machine refuses. Resolves
 * when the same hardware answers in maintenance mode, or runs under the new set already.
 */
export async function resetNode(attempt: Attempt, way: MachineWay): Promise<void> {
  const { node } = way;
  const machine = await Machine.open(attempt, node);
  const endsAt = Date.now() + attempt.remainingMs(node.timeouts.resetMs);
  let unclear: Unclear = { count: 0 };
  for (;;) {
    const sighting = await machine.waitUntil({
      until: ({ kind }) => kind === 'maintenance' || kind === 'running',
      limitMs: node.timeouts.resetMs,
      waitingFor: 'a state in which it can be reset',
    });
    if (sighting.condition.kind === 'running' && way.from !== undefined) machine.assertKnown(way.from);
    if ((await judge(attempt, way, sighting)).kind === 'done')
      return confirmMaintenance(attempt, machine, sighting, node);
    const send = (): ReturnType<typeof sendOnce> => sendOnce(attempt, way, machine, unclear);
    const answer = await attempt.worker.locks.hold(node.address, send, attempt.signal);
    if (typeof answer === 'object') unclear = answer;
    const isSent = answer === 'accepted' || (await isResetUnderWay(machine, attempt.signal));
    if (isSent) return confirmMaintenance(attempt, machine, await comesBack(attempt, machine, way), node);
    if (Date.now() > endsAt) throw notReceived(node, unclear);
  }
}

/**
 * The machine that is in maintenance mode now has to be the one that was reset; then it is written down
 * that it is never wiped again.
 */
async function confirmMaintenance(
  attempt: Attempt,
  machine: Machine,
  sighting: Sighting,
  node: PlannedNode,
): Promise<void> {
  if (sighting.condition.kind !== 'maintenance') return;
  await patiently(attempt.signal, () => machine.assertIdentity(machine.access(sighting), node.identity));
  await recordNode(attempt, node.name, 'maintenanceSeenAt');
}

/** What is to be done with a machine that has got no reset, as far as anybody knows. */
async function judge(
  attempt: Attempt,
  way: MachineWay,
  { condition }: Pick<Sighting, 'condition'>,
): Promise<ResetVerdict> {
  const { maintenanceSeenAt } = (await recordOf(attempt)).nodes[way.node.name] ?? {};
  return judgeReset(way, { condition, wasWiped: maintenanceSeenAt !== undefined, reset: 'none' });
}

/** Sends the reset, unless one is under way. What became of it is only sure when the machine has accepted it. */
async function sendOnce(
  attempt: Attempt,
  way: MachineWay,
  machine: Machine,
  unclear: Unclear,
): Promise<'accepted' | 'moved on' | Unclear> {
  const { node } = way;
  const { resetSentAt } = (await recordOf(attempt)).nodes[node.name] ?? {};
  const isLookedAt = unclear.last !== undefined;
  if (resetSentAt !== undefined && !isLookedAt && (await isResetUnderWay(machine, attempt.signal))) return 'accepted';

  return attempt.lookAndAct(
    async () => {
      const sighting = await machine.look();
      if (await mayBeReset(attempt, way, sighting)) await assertSameMachine(machine, sighting, node, attempt.signal);
      return sighting;
    },
    async (sighting) => {
      if (!(await mayBeReset(attempt, way, sighting))) return 'moved on'; // the caller looks again
      await recordNode(attempt, node.name, 'resetSentAt');
      machine.say('sending the reset');
      try {
        const timeoutMs = attempt.remainingMs(node.timeouts.resetMs);
        await sendReset(machine.credentials(sighting), 'STATE+EPHEMERAL', { signal: attempt.signal, timeoutMs });
        return 'accepted';
      } catch (error) {
        attempt.signal.throwIfAborted();
        // A lost request or answer proves nothing, nor does a fault: what the machine does next decides.
        if (!mayPass(error)) throw error;
        const count = unclear.count + (isFailure(error, 'NodeUnreachable') ? 0 : 1);
        if (count >= unclearAtMost) throw error;
        return { count, last: describeFailure(error) };
      }
    },
    node.timeouts.resetMs,
  );
}

/**
 * The same hardware, and still what it was in the old cluster: a worker that became a control
 * plane may hold its quorum.
 */
async function assertSameMachine(
  machine: Machine,
  sighting: Sighting,
  node: PlannedNode,
  signal: AbortSignal,
): Promise<void> {
  const type = readMachineType(machine.credentials(sighting), { signal });
  type.catch(() => undefined); // another machine is the worse news
  await machine.assertIdentity(machine.access(sighting), node.identity);
  const runsAs = await type;
  if (runsAs === node.runsAs) return;
  throw new Failure(
    'UnexpectedCondition',
    `${node.name}: runs as ${runsAs ?? 'nothing that it tells'}, planned ${node.runsAs ?? 'nothing'}. Nothing was sent to it. Plan again.`,
  );
}

/** Refuses every machine that is not the one to be wiped; false if it need not be any more. */
async function mayBeReset(attempt: Attempt, way: MachineWay, sighting: Sighting): Promise<boolean> {
  const verdict = await judge(attempt, way, sighting);
  if (verdict.kind === 'refuse') throw verdict.reason;
  return verdict.kind === 'send';
}

/** Waits for maintenance mode. A machine that was away and runs under its old set again has failed to wipe itself. */
async function comesBack(attempt: Attempt, machine: Machine, way: MachineWay): Promise<Sighting> {
  const endsAt = Date.now() + attempt.remainingMs(way.node.timeouts.resetMs);
  for (;;) {
    let wasAway = false;
    const verdictOn = (condition: NodeCondition): ResetVerdict =>
      judgeReset(way, { condition, wasWiped: false, reset: wasAway ? 'came back' : 'under way' });
    const sighting = await machine.waitUntil({
      until: (condition) => {
        wasAway ||= condition.kind === 'unreachable';
        return verdictOn(condition).kind !== 'wait';
      },
      limitMs: way.node.timeouts.resetMs,
      waitingFor: 'maintenance mode',
    });
    const verdict = verdictOn(sighting.condition);
    if (verdict.kind !== 'refuse') return sighting;
    // It may only have been too busy for one handshake.
    if (Date.now() > endsAt || !(await isResetUnderWay(machine, attempt.signal))) throw verdict.reason;
  }
}

function notReceived({ name, timeouts }: PlannedNode, { last }: Unclear): Failure {
  return new Failure(
    'NotYet',
    `${name}: not in maintenance mode after ${Math.round(timeouts.resetMs / 1000)} s: it is running under its old set, as if no ` +
      `reset had reached it. It was not wiped.${last === undefined ? '' : ` The last one: ${last}`}`,
  );
}
