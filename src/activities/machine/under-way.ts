import { readStage } from '../../talos/stage.ts';
import type { Machine } from './machine.ts';
import { until } from '../attempt/until.ts';

/** How long what was sent may take to show, before it counts as not received, in ms. */
const settleMs = 15_000;

const lookEveryMs = 200;

/**
 * A busy machine, or a bad cable, misses a handshake now and then: one that goes misses so many, one after the other.
 */
const missedByOneThatGoes = 3;

/**
 * A reset was sent before. Gives it time to show, so that it is not sent twice; a machine that just runs on, or is
 * coming up, has not got it.
 */
export async function isResetUnderWay(machine: Machine, signal: AbortSignal): Promise<boolean> {
  return isUnderWay(machine, signal, 'reset', ['running', 'booting']);
}

/**
 * A reboot was sent before. Gives it time to show, so that it is not sent twice; a machine that
 * just runs on has not got it.
 */
export async function isRebootUnderWay(machine: Machine, signal: AbortSignal): Promise<boolean> {
  return isUnderWay(machine, signal, 'reboot', ['running']);
}

async function isUnderWay(
  machine: Machine,
  signal: AbortSignal,
  what: string,
  rests: readonly string[],
): Promise<boolean> {
  let missed = 0;
  const look = async (): Promise<true | undefined> => {
    const sighting = await machine.look();
    const { kind } = sighting.condition;
    missed = kind === 'unreachable' ? missed + 1 : 0;
    if (kind === 'unreachable') return missed < missedByOneThatGoes ? undefined : true;
    if (kind !== 'running') return true;
    machine.say(`a ${what} was sent before, looking whether it is under way`);
    const stage = await readStage(machine.credentials(sighting), { signal }).catch(() => undefined);
    // What it did not tell proves nothing: a machine that goes ends its handshakes as well.
    return stage === undefined || rests.includes(stage) ? undefined : true;
  };
  return until<boolean>(signal, look, { limitMs: settleMs, everyMs: lookEveryMs, late: () => missed > 0 });
}
