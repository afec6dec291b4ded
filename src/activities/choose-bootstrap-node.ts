import { setTimeout as sleep } from 'node:timers/promises';
import { controlPlanes } from '../run/cluster-definition.ts';
import { Failure } from '../run/failure.ts';
import type { Plan, PlannedNode } from '../run/plan.ts';
import type { RunReference } from '../run/steps.ts';
import { etcdServiceState } from '../talos/services.ts';
import { Machine, runsUnder } from './machine.ts';
import { record, recordOf } from './run-files.ts';
import type { Step } from './step.ts';
import type { WorkerContext } from './worker-context.ts';

const lookEveryMs = 100;

/**
 * Chooses the control plane to bootstrap: the one that cluster.yaml names, or the first whose etcd waits for it. The choice is written down
 * and never changes by itself: a second bootstrap on another machine would make a second cluster, and nothing in Talos
 * prevents that. Only looks, so it may run again at any moment. Resolves with the node's name.
 */
export async function chooseBootstrapNode(
  worker: WorkerContext,
  { run, plan }: { readonly run: RunReference; readonly plan: Plan },
  step: Step,
): Promise<string> {
  const chosen = (await recordOf(worker, run)).bootstrap?.node;
  if (chosen !== undefined) return chosen;

  const candidates = controlPlanes(plan.nodes).filter(({ name }) => (plan.bootstrapNode ?? name) === name);
  const machines = await Promise.all(
    candidates.map(async (node) => ({ node, machine: await Machine.open(worker, step, run, node) })),
  );
  const limitMs = Math.max(...candidates.map(({ timeouts }) => timeouts.resetMs + timeouts.applyMs));
  const endsAt = Date.now() + step.remainingMs(limitMs);
  while (Date.now() < endsAt) {
    const begunAt = Date.now();
    const ready = await Promise.all(machines.map(({ node, machine }) => isReady(machine, node, plan, step)));
    const first = candidates.find((_, index) => ready[index]);
    if (first) {
      await record(worker, run, (all) => {
        all.bootstrap ??= { node: first.name, chosenAt: new Date().toISOString() };
      });
      return first.name;
    }
    step.say(`waiting for ${candidates.map(({ name }) => name).join(', ')} to be ready for the bootstrap`);
    await sleep(Math.max(0, begunAt + lookEveryMs - Date.now()), undefined, { signal: step.signal });
  }
  throw new Failure(
    'NotYet',
    `None of ${candidates.map(({ name }) => name).join(', ')} is ready for the bootstrap after ${Math.round(limitMs / 1000)} s: ` +
      'etcd has to wait in state Preparing. No bootstrap was sent.',
  );
}

async function isReady(machine: Machine, node: PlannedNode, plan: Plan, step: Step): Promise<boolean> {
  const { condition } = await machine.look();
  if (!runsUnder(condition, plan.newSet)) return false;
  const etcd = await etcdServiceState(machine.accessUnder(plan.newSet), { signal: step.signal }).catch(() => undefined);
  const state = etcd?.state;
  machine.say(`etcd on ${node.name} is ${state ?? 'not there yet'}`);
  return state === 'Preparing' || state === 'Running';
}
