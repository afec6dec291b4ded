import { ApplicationFailure } from '@temporalio/workflow';
import type { ApprovedBefore } from '../run/cluster-definition.ts';
import { controlPlanes } from '../run/cluster-definition.ts';
import type { FailureType } from '../run/failure.ts';
import { duration } from '../run/words/duration.ts';
import { describeFailure, failureTypeOf } from '../run/words/failure-report.ts';
import { describeFinding, forbids } from '../run/findings.ts';
import { phases } from '../run/phases.ts';
import type { ApprovablePlan, Plan } from '../run/plan/plan.ts';
import type { FailoverResult, Progress } from '../run/progress.ts';
import type { RebuildRequest } from '../run/request.ts';
import type { GeneratedConfigurations, PreflightResult, RunReference } from '../run/steps.ts';
import { doing } from './activities.ts';
import { ApprovedPlan } from './approved-plan.ts';
import { Fleet } from './fleet.ts';
import type { Approval } from './dialogue/questions.ts';
import { Run } from './run.ts';

/** Tears a cluster down and builds it again, with consent before the first wipe. From top to bottom, this is the runbook. */
export async function rebuildCluster(request: RebuildRequest): Promise<Progress> {
  const run = new Run(request);
  return run.carryOut(async () => {
    let looked = await run.phase('preflight', () => checkPreconditions(run, request));
    const { reference } = looked;
    let configurations = await run.phase('generate', () => generateConfigurations(reference));
    let isMended = false;
    const approvable = await run.phase('plan', async () => {
      // Whoever retries has mended something, a patch perhaps: everything is read again.
      if (isMended) looked = await checkPreconditions(run, request);
      if (isMended) configurations = await generateConfigurations(reference);
      isMended = true;
      return makePlan(run, request, looked, configurations);
    });
    const { plan } = approvable;
    if (request.operation === 'plan')
      return run.stop('planned', `The plan has the digest ${approvable.digest}. Nothing was touched.`);
    if (request.expectedDigest !== undefined && request.expectedDigest !== approvable.digest) {
      return run.stop(
        'refused',
        `The plan is ${approvable.digest}, not ${request.expectedDigest} as asked for. Nothing was touched.`,
      );
    }

    const approval = await run.approvalOf({
      id: 'approval',
      title: `Approve the rebuild of ${plan.cluster}`,
      digest: approvable.digest,
      consequences: approvable.consequences,
      plan,
    });
    await run.phase('backUp', () =>
      voidIfMoved(run, async () => {
        await backUp(run, reference, plan);
        await confirmApproval(reference, approvable, approval);
      }),
    );

    const approved = new ApprovedPlan(run, reference, approvable);
    const fleet = new Fleet(run, reference, approved);
    run.beforeCallOff(
      () => fleet.settled(),
      () => giveBack(reference, plan),
    );
    run.mayAmend(async () => {
      await approved.amend();
      fleet.takeUpAmendment();
    });
    await resetCanary(run, fleet, plan);
    const reset = run.phase('reset', () => resetTheRest(run, fleet, plan));
    const built = fleet.firstControlPlane().then(() => bootstrapCluster(run, reference, approved, configurations));
    await Promise.all([reset, built, fleet.allRunning()]); // a machine that is still on its way does not hold up the others
    const { remarks } = await run.phase('verify', async () => {
      await fleet.allRunning();
      const input = { run: reference, plan: approved.plan, givenUp: fleet.givenUp };
      return doing('Prove etcd, nodes, VIP and credentials').verifyCluster(input);
    });
    for (const remark of remarks) run.progress.remark(remark);
    const failover = await drillFailover(run, reference, fleet, approved);
    // Redeploying the apps has its place here: the cluster is proven, and not yet promoted.
    const isPromoted = await finalize(run, reference, approved);

    return run.finish('rebuilt', verdictOf(approved.plan, fleet.givenUp, failover, isPromoted));
  });
}

interface Looked {
  readonly reference: RunReference;
  readonly observed: PreflightResult['nodes'];
  readonly findings: PreflightResult['findings'];
}

/** Looks at everything before anything is made. A plan ends with what it found; a rebuild asks a person to mend it. */
async function checkPreconditions(run: Run, request: RebuildRequest): Promise<Looked> {
  const { runId, startedAt } = run.progress.now;
  const opened = await doing('Read cluster.yaml').openRun({ request, runId, startedAt });
  run.open(opened);
  const { findings, nodes } = await doing('Look at every machine and tool').checkPreconditions({ run: opened.run });
  run.progress.update({ findings });
  if (forbids(findings)) await refuse(run, request, findings);
  return { reference: opened.run, observed: nodes, findings };
}

/** A plan ends with the findings that forbid it; a rebuild asks a person to mend them. */
async function refuse(run: Run, request: RebuildRequest, findings: PreflightResult['findings']): Promise<never> {
  const errors = findings.filter((finding) => finding.severity === 'error').map(describeFinding);
  const message = `${errors.length === 1 ? '1 finding forbids' : `${errors.length} findings forbid`} the rebuild. Nothing was touched.\n${errors.join('\n')}`;
  if (request.operation === 'plan') return run.stop('refused', message);
  throw ApplicationFailure.nonRetryable(message, 'PreconditionsFailed' satisfies FailureType);
}

function generateConfigurations(run: RunReference): Promise<GeneratedConfigurations> {
  return doing('Draw secrets, write one configuration per machine').generateConfigurations({ run });
}

async function makePlan(
  run: Run,
  request: RebuildRequest,
  { reference, observed, findings: found }: Looked,
  configurations: GeneratedConfigurations,
): Promise<ApprovablePlan> {
  const plan = await doing('Write down what will happen').makePlan({ run: reference, observed, configurations });
  run.progress.update({ plan, findings: [...found, ...plan.findings] });
  if (forbids(plan.findings)) await refuse(run, request, plan.findings);
  return plan;
}

/** A cluster whose etcd is broken is rebuilt all the same; but not without a person who knows that no snapshot of it is kept. */
async function backUp(run: Run, reference: RunReference, plan: Plan): Promise<void> {
  for (;;) {
    const { missing = [] } = await doing('Save configurations, credentials and etcd').backUp({ run: reference, plan });
    if (missing.length === 0) return;
    const seen = `The old cluster could not be saved whole, nothing was reset. Missing: ${missing.join('; ')}`;
    const error = ApplicationFailure.nonRetryable(seen, 'BackupIncomplete' satisfies FailureType);
    if ((await run.ask({ phase: 'backUp', error, skip: true })) === 'skip') return;
  }
}

/** The last look before the first reset: whoever approved must have approved exactly what is still true. */
async function confirmApproval(run: RunReference, { digest }: ApprovablePlan, { runId }: Approval): Promise<void> {
  await doing('Look once more whether the plan is still true').confirmApproval({ run, digest, approvedRunId: runId });
}

/** Ends the run when what was approved is not true any more; nothing was sent then. */
async function voidIfMoved(run: Run, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (failureTypeOf(error) !== 'PlanChanged') throw error;
    await run.stop('refused', describeFailure(error));
  }
}

/** One machine goes first and has to come back. */
async function resetCanary(run: Run, fleet: Fleet, { order: { canary } }: Plan): Promise<void> {
  if (canary === undefined) run.skipPhase('canary', 'no machine can be spared');
  else await run.phase('canary', () => fleet.intoMaintenance([canary]));
}

/** Workers first: one whose wipe fails needs an old control plane to be reached again. Then the control planes, all at once. */
async function resetTheRest(run: Run, fleet: Fleet, { order }: Plan): Promise<void> {
  await fleet.intoMaintenance(order.workers);
  await run.pause.safePoint('before the reset of the control planes');
  run.passPointOfNoReturn();
  await Promise.all([fleet.release(), fleet.intoMaintenance(order.controlPlanes)]);
}

/** Before the point of no return, machines that were reset, by this run or one that was lost, get the configuration back that was saved from them. */
async function giveBack(reference: RunReference, plan: Plan): Promise<void> {
  await Promise.all(
    plan.nodes.map(({ name: node }) =>
      doing(`Give ${node} its old configuration back`).restoreNode({ run: reference, plan, node }),
    ),
  );
}

/**
 * Exactly one control plane is bootstrapped. The choice is written down before the command goes out and never changes by itself.
 * Where the CNI is not Talos's own, the pod network follows as soon as the API server answers.
 */
async function bootstrapCluster(
  run: Run,
  reference: RunReference,
  approved: ApprovedPlan,
  { needsPodNetwork }: GeneratedConfigurations,
): Promise<void> {
  await run.phase('bootstrap', async () => {
    const { plan } = approved;
    const node = await doing('Choose the control plane to bootstrap').chooseBootstrapNode({ run: reference, plan });
    run.progress.update({ bootstrapNode: node });
    await doing(`Bootstrap etcd on ${node}`).bootstrapNode({ run: reference, plan, node });
  });
  if (!needsPodNetwork) return run.skipPhase('network', 'the configuration brings its own CNI');
  await run.phase('network', () =>
    doing('Install the pod network').installPodNetwork({ run: reference, plan: approved.plan }),
  );
}

/** With fewer than three voters a reboot of the holder would cost quorum, and proves nothing. */
async function drillFailover(
  run: Run,
  reference: RunReference,
  fleet: Fleet,
  approved: ApprovedPlan,
): Promise<FailoverResult> {
  const unproven = (reason: string): FailoverResult => ({ proven: false, reason });
  const drill = async (): Promise<FailoverResult> => {
    const refusal = await consentTo(run, approved, 'failoverDrill', `Reboot the control plane that has the VIP`);
    if (refusal !== undefined) return unproven(refusal);
    await fleet.allRunning();
    const input = { run: reference, plan: approved.plan, givenUp: fleet.givenUp };
    return doing("Reboot the VIP's holder and measure the gap").drillFailover(input);
  };
  const voters = controlPlanes(approved.plan.nodes).length;
  const failover =
    voters < 3
      ? unproven(
          `${voters} control plane${voters === 1 ? '' : 's'}: without a third voter, a reboot of the holder costs quorum`,
        )
      : await run.phase('failoverDrill', drill, { skip: unproven });
  if (!failover.proven) run.skipPhase('failoverDrill', failover.reason);
  run.progress.update({ failover });
  return failover;
}

/** Promotes the new set, and says whether it did. */
async function finalize(run: Run, reference: RunReference, approved: ApprovedPlan): Promise<boolean> {
  const refusal = await run.phase('finalize', async () => {
    const reason = await consentTo(run, approved, 'finalize', `Make ${approved.plan.newSet} the set in use`);
    if (reason === undefined) await doing('Promote the new set').finalize({ run: reference, plan: approved.plan });
    return reason;
  });
  if (refusal === undefined) return true;
  run.skipPhase('finalize', refusal);
  run.progress.remark(`The new set was not promoted: ${refusal}`);
  return false;
}

/** Asks a person where cluster.yaml wants it. Resolves with why not, or nothing when it may be done. */
async function consentTo(
  run: Run,
  { plan, digest }: ApprovedPlan,
  what: ApprovedBefore,
  consequence: string,
): Promise<string | undefined> {
  if (!plan.approval.before.includes(what)) return undefined;
  const { title } = phases[what];
  const id = `approval/${what}`;
  const { decision, by, reason } = await run.approve({
    id,
    title: `Approve: ${title} of ${plan.cluster}`,
    digest,
    consequences: [`${consequence}.`],
    plan,
  });
  if (decision === 'approve') return undefined;
  return decision === 'expired' ? 'nobody approved it in time' : `rejected by ${by}${reason && `: ${reason}`}`;
}

function verdictOf(plan: Plan, givenUp: readonly string[], failover: FailoverResult, isPromoted: boolean): string {
  const proof = failover.proven
    ? `failover from ${failover.from} to ${failover.to} proven, the API was away for at most ${duration(failover.gapMs)} of ${duration(failover.budgetMs)} allowed`
    : `failover not proven: ${failover.reason}`;
  return [
    `${plan.cluster} runs under set ${plan.newSet}, reachable at ${plan.endpoint}; ${proof}.`,
    ...(givenUp.length > 0 ? [`Given up, and not part of it: ${givenUp.join(', ')}.`] : []),
    ...(isPromoted ? [] : ['The new set was not promoted.']),
  ].join(' ');
}
