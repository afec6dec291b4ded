import type { Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { doing } from '../activities.ts';
import type { Fleet } from '../fleet.ts';
import type { Run } from '../run.ts';

/** One machine goes first and has to come back. */
export async function resetCanary(run: Run, fleet: Fleet, { order: { canary } }: Plan): Promise<void> {
  if (canary === undefined) run.skipPhase('canary', 'no machine can be spared');
  else await run.phase('canary', () => fleet.intoMaintenance([canary]));
}

/**
 * Workers first: one whose wipe fails needs an old control plane to be reached again. Then the
 * control planes, all at once.
 */
export async function resetTheRest(run: Run, fleet: Fleet, { order }: Plan): Promise<void> {
  await run.phase('reset', async () => {
    await fleet.intoMaintenance(order.workers);
    await run.pause.safePoint('before the reset of the control planes');
    run.passPointOfNoReturn();
    await Promise.all([fleet.release(), fleet.intoMaintenance(order.controlPlanes)]);
  });
}

/**
 * Before the point of no return, machines that were reset, by this run or one that was lost, get the configuration back
 * that was saved from them.
 */
export async function giveBack(reference: RunReference, plan: Plan): Promise<void> {
  await Promise.all(
    plan.nodes.map(({ name: node }) =>
      doing(`Give ${node} its old configuration back`).restoreNode({ run: reference, plan, node }),
    ),
  );
}
