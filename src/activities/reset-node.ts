import { Failure } from '../run/failure.ts';
import { describeCondition } from '../run/node-condition.ts';
import type { NodeCondition } from '../run/node-condition.ts';
import type { PlannedNode } from '../run/plan.ts';
import type { NodeStep } from '../run/steps.ts';
import { outcomeOf } from '../talos/errors.ts';
import { readStage } from '../talos/stage.ts';
import { resetNode as sendReset } from '../talos/reset.ts';
import { Machine, runsUnder } from './machine.ts';
import type { Sighting } from './machine.ts';
import { recordNode, recordOf } from './run-files.ts';
import type { Step } from './step.ts';
import { until } from './until.ts';
import type { WorkerContext } from './worker-context.ts';

/** How long a reset that was sent may take to show, before it counts as not done, in ms. */
const settleMs = 15_000;

const lookEveryMs = 500;

/**
 * Brings one machine into maintenance mode, wiping STATE and EPHEMERAL and nothing else. May run again at any moment: the reset is sent
 * only while the machine runs under the planned old set, is the planned hardware, and was not seen in maintenance mode since
 * the run began; and with the old set's talosconfig, which a rebuilt machine refuses. Resolves when the same hardware answers
 * in maintenance mode, or runs under the new set already.
 */
export async function resetNode(worker: WorkerContext, input: NodeStep, step: Step): Promise<void> {
  const { run, node } = input;
  const machine = await Machine.open(worker, step, run, node);
  const isDone = async (sighting: Sighting): Promise<boolean> => {
    if (sighting.condition.kind === 'maintenance') return true;
    return sighting.condition.kind === 'running' && (await isRebuilt(worker, input, sighting));
  };

  const endsAt = Date.now() + step.remainingMs(node.timeouts.resetMs);
  for (;;) {
    const sighting = await machine.waitUntil({
      until: ({ kind }) => kind === 'maintenance' || kind === 'running',
      limitMs: node.timeouts.resetMs,
      waitingFor: 'a state in which it can be reset',
    });
    if (await isDone(sighting)) return confirmMaintenance(worker, input, machine, sighting);
    const answer = await worker.locks.hold(node.address, () => sendOnce(worker, input, machine, step));
    const isSent = answer === 'accepted' || (await isResetUnderWay(machine, step));
    if (isSent) return confirmMaintenance(worker, input, machine, await comesBack(machine, input, step));
    if (Date.now() > endsAt) throw notReceived(node);
  }
}

/** The machine that is in maintenance mode now has to be the one that was reset; then it is written down that it is never wiped again. */
async function confirmMaintenance(
  worker: WorkerContext,
  { run, node }: NodeStep,
  machine: Machine,
  sighting: Sighting,
): Promise<void> {
  if (sighting.condition.kind !== 'maintenance') return;
  await machine.assertIdentity(machine.access(sighting), node.identity);
  await recordNode(worker, run, node.name, 'maintenanceSeenAt');
}

/**
 * Whether the machine runs the new cluster. With new secrets its certificate tells; with kept ones only our own record does: a machine
 * that was seen in maintenance mode in this run has been wiped, and is never wiped again.
 */
async function isRebuilt(
  worker: WorkerContext,
  { run, node, newSet, secrets }: NodeStep,
  { condition }: Sighting,
): Promise<boolean> {
  if (secrets === 'new') return runsUnder(condition, newSet);
  return (await recordOf(worker, run)).nodes[node.name]?.maintenanceSeenAt !== undefined;
}

/** Sends the reset, unless one is under way. What became of it is only sure when the machine has accepted it. */
async function sendOnce(
  worker: WorkerContext,
  input: NodeStep,
  machine: Machine,
  step: Step,
): Promise<'accepted' | 'unsure'> {
  const { run, node } = input;
  const { resetSentAt } = (await recordOf(worker, run)).nodes[node.name] ?? {};
  if (resetSentAt !== undefined && (await isResetUnderWay(machine, step))) return 'accepted';

  return step.lookAndAct(
    async () => {
      const sighting = await machine.look();
      if (await mayBeReset(worker, input, sighting))
        await machine.assertIdentity(machine.access(sighting), node.identity);
      return sighting;
    },
    async (sighting) => {
      if (!(await mayBeReset(worker, input, sighting))) return 'unsure'; // it moved on since; the caller looks again
      await recordNode(worker, run, node.name, 'resetSentAt');
      machine.say('sending the reset');
      try {
        await sendReset(machine.credentials(sighting), 'STATE+EPHEMERAL', { signal: step.signal });
        return 'accepted';
      } catch (error) {
        step.signal.throwIfAborted();
        // A lost request or answer proves nothing: what the machine does next decides.
        if (outcomeOf(error) === 'refused' || !isUnreachable(error)) throw error;
        return 'unsure';
      }
    },
  );
}

/** Refuses every machine that is not the one to be wiped; false if it need not be any more. */
async function mayBeReset(worker: WorkerContext, input: NodeStep, sighting: Sighting): Promise<boolean> {
  const { node } = input;
  const { condition } = sighting;
  if (condition.kind === 'maintenance' || condition.kind === 'unreachable') return false;
  if (condition.kind === 'running' && (await isRebuilt(worker, input, sighting))) return false;
  if (node.reset === 'wipe' && node.runsUnder !== undefined && runsUnder(condition, node.runsUnder)) return true;
  throw new Failure(
    'UnexpectedCondition',
    `${node.name}: planned ${plannedCondition(node)}, but it is ${describeCondition(condition)}. Nothing was sent to it. Plan again.`,
  );
}

function plannedCondition(node: PlannedNode): string {
  return node.runsUnder === undefined ? 'in maintenance mode' : `running under set ${node.runsUnder}`;
}

/** A reset was sent before. Gives it time to show, so that it is not sent twice; a machine that just runs on has not got it. */
export async function isResetUnderWay(machine: Machine, step: Step): Promise<boolean> {
  const { signal } = step;
  const look = async (): Promise<true | undefined> => {
    const sighting = await machine.look();
    if (sighting.condition.kind !== 'running') return true;
    machine.say('a reset was sent before, looking whether it is under way');
    const stage = await readStage(machine.credentials(sighting), { signal }).catch(() => 'gone');
    return stage === 'running' || stage === 'booting' ? undefined : true;
  };
  return until<boolean>(signal, look, { limitMs: settleMs, everyMs: lookEveryMs, late: () => false });
}

/** Waits for maintenance mode. A machine that was away and runs under its old set again has failed to wipe itself. */
async function comesBack(machine: Machine, { node, newSet, secrets }: NodeStep, step: Step): Promise<Sighting> {
  const isNew = (condition: NodeCondition): boolean => secrets === 'new' && runsUnder(condition, newSet);
  for (;;) {
    let wasAway = false;
    const sighting = await machine.waitUntil({
      until: (condition) => {
        if (condition.kind === 'unreachable') wasAway = true;
        return condition.kind === 'maintenance' || isNew(condition) || (condition.kind === 'running' && wasAway);
      },
      limitMs: node.timeouts.resetMs,
      waitingFor: 'maintenance mode',
    });
    if (sighting.condition.kind === 'maintenance' || isNew(sighting.condition)) return sighting;
    if (await isResetUnderWay(machine, step)) continue; // it was only too busy for one handshake
    throw new Failure(
      'CommandFailed',
      `${node.name}: came back ${describeCondition(sighting.condition)} instead of in maintenance mode: the reset failed on the ` +
        'machine, which keeps its old configuration then. Look at `talosctl dmesg` for "fatal sequencer error".',
    );
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof Failure && error.type === 'NodeUnreachable';
}

function notReceived({ name, timeouts }: PlannedNode): Failure {
  return new Failure(
    'NotYet',
    `${name}: not in maintenance mode after ${Math.round(timeouts.resetMs / 1000)} s: it is running under its old set, as if no ` +
      'reset had reached it. It was not wiped.',
  );
}
