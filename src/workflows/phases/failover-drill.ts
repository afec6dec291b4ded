import { controlPlanes } from '../../run/cluster-definition.ts';
import type { FailoverResult } from '../../run/progress.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { doing } from '../activities.ts';
import type { ApprovedPlan } from '../approved-plan.ts';
import { consentTo } from '../consent-to.ts';
import type { Fleet } from '../fleet.ts';
import type { Run } from '../run.ts';

/** With fewer than three voters a reboot of the holder would cost quorum, and proves nothing. */
export async function drillFailover(
  run: Run,
  reference: RunReference,
  approved: ApprovedPlan,
  fleet: Fleet,
  healthyAt: string,
): Promise<FailoverResult> {
  const unproven = (reason: string): FailoverResult => ({ proven: false, reason });
  const drill = async (): Promise<FailoverResult> => {
    const refusal = await consentTo(run, approved, 'failoverDrill', `Reboot the control plane that has the VIP`);
    if (refusal !== undefined) return unproven(refusal);
    await fleet.allRunning();
    const { plan } = approved;
    const input = {
      run: reference,
      expected: plan,
      budgetMs: plan.failoverBudgetMs,
      givenUp: fleet.givenUp,
      healthyAt,
    };
    return doing("Reboot the VIP's holder and measure the gap").drillFailover(input);
  };
  const voters = controlPlanes(approved.plan.nodes).length;
  const without = `${voters} control plane${voters === 1 ? '' : 's'}: without a third voter, a reboot of the holder costs quorum`;
  const failover = voters < 3 ? unproven(without) : await run.phase('failoverDrill', drill, { skip: unproven });
  if (!failover.proven) run.skipPhase('failoverDrill', failover.reason);
  run.progress.update({ failover });
  return failover;
}
