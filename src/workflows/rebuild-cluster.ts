import type { Plan, RebuildPlan } from '../run/plan/plan.ts';
import type { FailoverResult, Progress } from '../run/progress.ts';
import type { RequestOf } from '../run/request.ts';
import type { GeneratedConfigurations, PreflightResult } from '../run/plan/observed.ts';
import type { RunReference } from '../run/run-reference.ts';
import { duration } from '../run/duration.ts';
import { doing } from './activities.ts';
import { ApprovedPlan } from './approved-plan.ts';
import { consent, whileStillTrue } from './consent.ts';
import type { Approval } from './dialogue/questions.ts';
import { Fleet } from './fleet.ts';
import { backUp } from './phases/back-up.ts';
import { bootstrapCluster } from './phases/bootstrap.ts';
import { drillFailover } from './phases/failover-drill.ts';
import { finalize } from './phases/finalize.ts';
import { giveBack, resetCanary, resetTheRest } from './phases/reset.ts';
import { verify } from './phases/verify.ts';
import { Run } from './run.ts';

/**
 * Tears a cluster down and builds it again, with consent before the first wipe. From top to
 * bottom, this is the runbook.
 */
export async function rebuildCluster(request: RequestOf<'rebuild'>): Promise<Progress> {
  const run = new Run(request);
  return run.carryOut(async () => {
    const agreed = await consent(run, request, {
      look: checkPreconditions,
      generate: generateConfigurations,
      plan: makePlan,
      confirm: confirmApproval,
    });
    const { reference, approvable, generated } = agreed;
    await run.phase('backUp', () => whileStillTrue(run, agreed, () => backUp(run, reference, approvable.plan)));

    const approved = new ApprovedPlan(run, reference, approvable);
    const fleet = new Fleet(run, reference, approved);
    run.beforeCallOff({
      settled: () => fleet.settled(),
      giveBack: () => giveBack(reference, approvable.plan),
      phase: 'canary',
    });
    run.mayAmend(async () => {
      await approved.amend();
      fleet.takeUpAmendment();
    });
    await resetCanary(run, fleet, approvable.plan);
    const reset = resetTheRest(run, fleet, approvable.plan);
    const built = bootstrapCluster(run, reference, approved, fleet, generated);
    await Promise.all([reset, built, fleet.allRunning()]); // a machine that is still on its way does not hold up the others
    const healthyAt = await verify(run, reference, approved, fleet);
    const failover = await drillFailover(run, reference, approved, fleet, healthyAt);
    // Redeploying the apps has its place here: the cluster is proven, and not yet promoted.
    const isPromoted = await finalize(run, reference, approved);
    return run.finish('rebuilt', verdictOf(approved.plan, fleet.givenUp, failover, isPromoted));
  });
}

function checkPreconditions(run: RunReference): Promise<PreflightResult> {
  return doing('Look at every machine and tool').checkPreconditions({ run });
}

function generateConfigurations(run: RunReference): Promise<GeneratedConfigurations> {
  return doing('Draw secrets, write one configuration per machine').generateConfigurations({ run });
}

function makePlan(
  run: RunReference,
  { nodes: observed }: PreflightResult,
  configurations: GeneratedConfigurations,
): Promise<RebuildPlan> {
  return doing('Write down what will happen').makePlan({ run, observed, configurations });
}

/** Exactly what was approved must still be true. */
async function confirmApproval(run: RunReference, { digest }: RebuildPlan, { runId }: Approval): Promise<void> {
  await doing('Look once more whether the plan is still true').confirmApproval({ run, digest, approvedRunId: runId });
}

function verdictOf(plan: Plan, givenUp: readonly string[], failover: FailoverResult, isPromoted: boolean): string {
  const proof = failover.proven
    ? `failover from ${failover.from} to ${failover.to} proven, the API was away for at most ${duration(failover.gapMs)} of ${duration(failover.budgetMs)} allowed`
    : `failover not proven: ${failover.reason}`;
  return [
    `${plan.cluster} runs under set ${plan.set}, reachable at ${plan.endpoint}; ${proof}.`,
    ...(givenUp.length > 0 ? [`Given up, and not part of it: ${givenUp.join(', ')}.`] : []),
    ...(isPromoted ? [] : ['The new set was not promoted.']),
  ].join(' ');
}
