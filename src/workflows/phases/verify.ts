import type { RunReference } from '../../run/run-reference.ts';
import { doing } from '../activities.ts';
import type { ApprovedPlan } from '../approved-plan.ts';
import type { Fleet } from '../fleet.ts';
import type { Run } from '../run.ts';

/**
 * What could not be proven, and why, is a remark. Resolves with the instant at which the cluster
 * was seen healthy, ISO 8601.
 */
export async function verify(run: Run, reference: RunReference, approved: ApprovedPlan, fleet: Fleet): Promise<string> {
  const { remarks, healthyAt } = await run.phase('verify', async () => {
    await fleet.allRunning();
    const input = { run: reference, plan: approved.plan, givenUp: fleet.givenUp };
    return doing('Prove etcd, nodes, VIP and credentials').verifyCluster(input);
  });
  for (const remark of remarks) run.progress.remark(remark);
  return healthyAt;
}
