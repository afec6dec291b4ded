import path from 'node:path';
import { Failure } from '../run/failure.ts';
import type { Plan } from '../run/plan.ts';
import type { RunReference } from '../run/steps.ts';
import { intoConfiguration } from './apply-configuration.ts';
import { Machine, runsUnder } from './machine.ts';
import { isResetUnderWay } from './reset-node.ts';
import { recordOf } from './run-files.ts';
import type { Step } from './step.ts';
import type { WorkerContext } from './worker-context.ts';

export interface RestoreNodeInput {
  readonly run: RunReference;
  readonly plan: Plan;
  readonly node: string;
}

/**
 * Gives a machine that was reset before the run was called off the configuration back that was saved from it, and waits until it is in
 * its old cluster again. Does nothing for one that never left it. May run again at any moment.
 */
export async function restoreNode(
  worker: WorkerContext,
  { run, plan, node: name }: RestoreNodeInput,
  step: Step,
): Promise<void> {
  const node = plan.nodes.find((one) => one.name === name);
  const { runsUnder: oldSet } = node ?? {};
  if (!node || oldSet === undefined) return;
  const machine = await Machine.open(worker, step, run, node);
  const record = await recordOf(worker, run);
  if (record.nodes[name]?.resetSentAt === undefined) return;
  if (record.backup === undefined) {
    throw new Failure(
      'FilesDamaged',
      `${name}: was reset, but this run has no backup of its configuration. Restore it by hand.`,
    );
  }
  const file = path.join(worker.folder.backups, record.backup, 'nodes', `${name}.yaml`);
  for (;;) {
    const { condition } = await machine.waitUntil({
      until: (seen) => seen.kind === 'maintenance' || runsUnder(seen, oldSet),
      limitMs: node.timeouts.resetMs + node.timeouts.applyMs,
      waitingFor: 'maintenance mode',
    });
    if (condition.kind === 'maintenance') break;
    if (!(await isResetUnderWay(machine, step))) return; // it has its configuration back, or never lost it
  }
  await intoConfiguration(worker, machine, step, {
    node,
    file,
    isThere: (condition) => runsUnder(condition, oldSet),
    beforeSending: async () => undefined,
  });
  await machine.waitUntil({
    until: (condition) => runsUnder(condition, oldSet),
    limitMs: node.timeouts.applyMs,
    waitingFor: 'its old cluster',
  });
}
