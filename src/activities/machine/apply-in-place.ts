import { readFile } from 'node:fs/promises';
import { configurationOf, setNamed } from '../../cluster/sets.ts';
import { Failure, isFailure } from '../../run/failure.ts';
import type { PlannedNode } from '../../run/plan/plan.ts';
import type { NodeStep, RunReference } from '../../run/steps.ts';
import { applyConfiguration as sendConfiguration } from '../../talos/apply-configuration.ts';
import { redactedDiff } from '../../talos/config-diff.ts';
import { outcomeOf } from '../../talos/errors.ts';
import { readRunningConfiguration } from '../../talos/running-configuration.ts';
import { assertUnchanged } from './apply-configuration.ts';
import { Machine, runsUnder } from './machine.ts';
import { recordNode } from '../attempt/run-files.ts';
import type { Step } from '../attempt/step.ts';
import type { WorkerContext } from '../attempt/worker-context.ts';

const lookEveryMs = 250;

/** A machine that does not show the configuration by then may not have got it; sending it twice does no harm. */
const resendAfterMs = 15_000;

/**
 * Brings a machine that runs under the new set to the approved configuration, in place: Talos takes it at once or reboots, whichever it needs.
 * Does nothing where it has that configuration. May run again at any moment. Resolves when the machine says that it has it.
 */
export async function applyInPlace(worker: WorkerContext, { run, node, newSet }: NodeStep, step: Step): Promise<void> {
  const machine = await Machine.open(worker, step, run, node);
  const file = configurationOf(setNamed(worker.folder, newSet), node.name);
  await assertUnchanged(file, node);
  const approved = await readFile(file, 'utf8');
  const access = machine.accessUnder(newSet);
  const hasIt = async (): Promise<boolean> => {
    const { condition } = await machine.look();
    if (!runsUnder(condition, newSet)) return false;
    const running = await readRunningConfiguration(access, { signal: step.signal }).catch(() => undefined);
    step.signal.throwIfAborted();
    return running !== undefined && redactedDiff(running, approved) === '';
  };
  let sendAt = 0;
  const look = async (): Promise<true | undefined> => {
    if (await hasIt()) return true;
    const isSent = Date.now() >= sendAt && (await send(worker, run, machine, { node, file, newSet }, step));
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
  await step.until(look, { limitMs, everyMs: lookEveryMs, late });
}

/** Whether something was sent: not while the machine is away. */
async function send(
  worker: WorkerContext,
  run: RunReference,
  machine: Machine,
  { node, file, newSet }: { readonly node: PlannedNode; readonly file: string; readonly newSet: string },
  step: Step,
): Promise<boolean> {
  const access = machine.accessUnder(newSet);
  const sendNow = (): Promise<boolean> =>
    step.lookAndAct(
      async () => {
        const { condition } = await machine.look();
        if (!runsUnder(condition, newSet)) return false;
        await machine.assertIdentity(access, node.identity);
        return true;
      },
      async (isThere) => {
        if (!isThere) return false;
        await recordNode(worker, run, node.name, 'appliedAt');
        machine.say('applying the amended configuration');
        await sendConfiguration(access, file, { signal: step.signal }).catch((error: unknown) => {
          step.signal.throwIfAborted();
          if (!isFailure(error, 'NotYet') && outcomeOf(error) !== 'unknown') throw error;
        });
        return true;
      },
    );
  return worker.locks.hold(node.address, sendNow, step.signal);
}
