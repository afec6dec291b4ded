import { sha256OfFile } from '../cluster/checksums.ts';
import { configurationOf, setNamed } from '../cluster/sets.ts';
import { Failure } from '../run/failure.ts';
import { describeCondition } from '../run/node-condition.ts';
import type { NodeCondition } from '../run/node-condition.ts';
import type { PlannedNode } from '../run/plan.ts';
import type { NodeStep } from '../run/steps.ts';
import { applyConfiguration as sendConfiguration } from '../talos/apply-configuration.ts';
import { outcomeOf } from '../talos/errors.ts';
import { Machine, runsUnder } from './machine.ts';
import { recordNode } from './run-files.ts';
import type { Step } from './step.ts';
import type { WorkerContext } from './worker-context.ts';

/**
 * Gives a machine in maintenance mode its new configuration. May run again at any moment: it is sent only to the planned hardware
 * and only in maintenance mode. Resolves when the machine has left maintenance mode.
 */
export async function applyConfiguration(worker: WorkerContext, input: NodeStep, step: Step): Promise<void> {
  const { run, node, newSet } = input;
  const machine = await Machine.open(worker, step, run, node);
  const file = configurationOf(setNamed(worker.folder, newSet), node.name);
  await intoConfiguration(worker, machine, step, {
    node,
    file,
    isThere: (condition) => runsUnder(condition, newSet),
    beforeSending: async () => {
      await assertUnchanged(file, node);
      await recordNode(worker, run, node.name, 'appliedAt');
    },
  });
}

export interface Configuring {
  readonly node: PlannedNode;
  /** The complete machine configuration. */
  readonly file: string;
  /** Whether the machine runs this configuration already. */
  readonly isThere: (condition: NodeCondition) => boolean;
  readonly beforeSending: () => Promise<void>;
}

/**
 * Sends a configuration to a machine in maintenance mode and waits until it has left that mode. The configuration carries the cluster's keys: it
 * goes out pinned to the certificate that the machine showed before and after its identity was read.
 */
export async function intoConfiguration(
  worker: WorkerContext,
  machine: Machine,
  step: Step,
  configuring: Configuring,
): Promise<void> {
  const { node, file, isThere, beforeSending } = configuring;
  let appliedTo: string | undefined;
  for (;;) {
    const { condition } = await machine.waitUntil({
      until: (seen) =>
        seen.kind === 'maintenance' || isThere(seen) || (appliedTo !== undefined && seen.kind === 'unreachable'),
      limitMs: node.timeouts.applyMs,
      waitingFor: 'maintenance mode',
    });
    if (condition.kind !== 'maintenance') return;
    await worker.locks.hold(node.address, () =>
      step.lookAndAct(
        async () => {
          const before = await machine.look();
          if (before.condition.kind === 'maintenance')
            await machine.assertIdentity(machine.access(before), node.identity);
          return { before, after: await machine.look() };
        },
        async ({ before, after }) => {
          if (!isSameBoot(before.condition, after.condition)) return; // it moved on since, look again
          await beforeSending();
          machine.say('applying the configuration');
          await sendTolerantly(machine, step, after, file);
          appliedTo = fingerprintOf(after.condition);
        },
      ),
    );
    // The machine takes seconds to leave; should it reboot into maintenance mode with another certificate, it is sent again.
    if (appliedTo !== undefined) {
      const left = await machine.waitUntil({
        until: (seen) => fingerprintOf(seen) !== appliedTo,
        limitMs: node.timeouts.applyMs,
        waitingFor: 'another state than maintenance mode',
      });
      if (left.condition.kind !== 'maintenance') return;
      machine.say(`${describeCondition(left.condition)} again after a reboot`);
    }
  }
}

/** An answer that was lost proves nothing: what the machine does next decides. */
async function sendTolerantly(
  machine: Machine,
  step: Step,
  sighting: Parameters<Machine['access']>[0],
  file: string,
): Promise<void> {
  try {
    await sendConfiguration(machine.access(sighting), file, { signal: step.signal });
  } catch (error) {
    if (outcomeOf(error) !== 'unknown') throw error;
  }
}

function isSameBoot(before: NodeCondition, after: NodeCondition): boolean {
  const fingerprint = fingerprintOf(before);
  return fingerprint !== undefined && fingerprint === fingerprintOf(after);
}

function fingerprintOf(condition: NodeCondition): string | undefined {
  return condition.kind === 'maintenance' ? condition.fingerprint : undefined;
}

async function assertUnchanged(file: string, node: PlannedNode): Promise<void> {
  const sha256 = await sha256OfFile(file);
  if (sha256 === node.configurationSha256) return;
  throw new Failure(
    'FilesDamaged',
    `${node.name}: its configuration ${file} is not the approved one any more. It was not applied. Restore the file, or plan again.`,
  );
}
