import { readFile } from 'node:fs/promises';
import { configurationOf, setNamed } from '../../cluster/sets.ts';
import { Failure, isFailure } from '../../run/failure.ts';
import type { PlannedNode } from '../../run/plan/plan.ts';
import type { MachineWay } from '../../run/machine-way.ts';
import { applyConfiguration as sendConfiguration } from '../../talos/apply-configuration.ts';
import { redactedDiff } from '../../talos/config-diff.ts';
import { outcomeOf } from '../../talos/errors.ts';
import { readRunningConfiguration } from '../../talos/running-configuration.ts';
import { assertUnchanged } from './apply-configuration.ts';
import { Machine, runsUnder } from './machine.ts';
import { recordNode } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

const lookEveryMs = 250;

/** A machine that does not show the configuration by then may not have got it; sending it twice does no harm. */
const resendAfterMs = 15_000;

/**
 * Brings a machine that runs under the new set to the approved configuration, in place: Talos takes it at once or
 * reboots, whichever it needs. Does nothing where it has that configuration. May run again at any moment. Resolves when
 * the machine says that it has it.
 */
export async function applyInPlace(attempt: Attempt, { node, to }: MachineWay): Promise<void> {
  const machine = await Machine.open(attempt, node);
  const file = configurationOf(setNamed(attempt.worker.folder, to), node.name);
  await assertUnchanged(file, node);
  const approved = await readFile(file, 'utf8');
  const access = machine.accessUnder(to);
  const hasIt = async (): Promise<boolean> => {
    const { condition } = await machine.look();
    if (!runsUnder(condition, to)) return false;
    const running = await readRunningConfiguration(access, { signal: attempt.signal }).catch(() => undefined);
    attempt.signal.throwIfAborted();
    return running !== undefined && redactedDiff(running, approved) === '';
  };
  let sendAt = 0;
  const look = async (): Promise<true | undefined> => {
    if (await hasIt()) return true;
    const isSent = Date.now() >= sendAt && (await send(attempt, machine, { node, file, to }));
    if (isSent) sendAt = Date.now() + resendAfterMs;
    machine.say('waiting until it runs its amended configuration');
    return undefined;
  };
  const { applyMs: limitMs } = node.timeouts;
  const late = (): never => {
    throw new Failure(
      'NotYet',
      `${node.name}: does not run its amended configuration after ${Math.round(limitMs / 1000)} s.`,
    );
  };
  await attempt.until(look, { limitMs, everyMs: lookEveryMs, late });
}

/** Whether something was sent: not while the machine is away. */
async function send(
  attempt: Attempt,
  machine: Machine,
  { node, file, to }: { readonly node: PlannedNode; readonly file: string; readonly to: string },
): Promise<boolean> {
  const access = machine.accessUnder(to);
  const sendNow = (): Promise<boolean> =>
    attempt.lookAndAct(
      async () => {
        const { condition } = await machine.look();
        if (!runsUnder(condition, to)) return false;
        await machine.assertIdentity(access, node.identity);
        return true;
      },
      async (isThere) => {
        if (!isThere) return false;
        await recordNode(attempt, node.name, 'appliedAt');
        machine.say('applying the amended configuration');
        await sendConfiguration(access, file, { signal: attempt.signal }).catch((error: unknown) => {
          attempt.signal.throwIfAborted();
          if (!isFailure(error, 'NotYet') && outcomeOf(error) !== 'unknown') throw error;
        });
        return true;
      },
    );
  return attempt.worker.locks.hold(node.address, sendNow, attempt.signal);
}
