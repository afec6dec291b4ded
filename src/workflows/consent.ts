import { ApplicationFailure } from '@temporalio/workflow';
import type { FailureType } from '../run/failure.ts';
import type { Finding } from '../run/findings.ts';
import { describeFinding, forbids } from '../run/findings.ts';
import { operationOf } from '../run/operations.ts';
import type { ApprovablePlan } from '../run/plan/approvable-plan.ts';
import type { RunRequest } from '../run/request.ts';
import type { RunReference } from '../run/run-reference.ts';
import { describeFailure, failureTypeOf } from '../run/words/failure-report.ts';
import { doing } from './activities.ts';
import type { Approval } from './dialogue/questions.ts';
import type { Run } from './run.ts';

/** How an operation comes to a plan that a person can agree to. Nothing of it changes a machine. */
export interface WayToConsent<L extends { readonly findings: readonly Finding[] }, P extends ApprovablePlan, G = void> {
  readonly look: (reference: RunReference) => Promise<L>;
  /** Makes what the plan is about, where that takes more than a look. */
  readonly generate?: (reference: RunReference) => Promise<G>;
  readonly plan: (reference: RunReference, looked: L, generated: G) => Promise<P>;
  /**
   * The last look before the first touch: fails with `PlanChanged`. Without one it is planned again, and has
   * to come to the same digest.
   */
  readonly confirm?: (reference: RunReference, approvable: P, approval: Approval) => Promise<void>;
}

/** What a person has agreed to. */
export interface Agreed<P extends ApprovablePlan, G = void> {
  readonly reference: RunReference;
  readonly approvable: P;
  readonly generated: G;
  /** Fails with `PlanChanged` when it is not true any more. */
  readonly confirm: () => Promise<void>;
}

/**
 * Looks, plans, and asks: returns once a person has approved exactly this plan. Where nobody is to be asked, or nobody
 * agrees, the run ends here and nothing was touched.
 */
export async function consent<L extends { readonly findings: readonly Finding[] }, P extends ApprovablePlan, G = void>(
  run: Run,
  request: RunRequest,
  way: WayToConsent<L, P, G>,
): Promise<Agreed<P, G>> {
  const look = () => lookAt(run, request, way.look);
  const generate = async (reference: RunReference): Promise<G> => (await way.generate?.(reference)) as G; // void without one
  let { reference, looked } = await run.phase('preflight', look);
  let generated = way.generate ? await run.phase('generate', () => generate(reference)) : await generate(reference);
  let isMended = false;
  const approvable = await run.phase('plan', async () => {
    // A retry means that something was mended, a patch perhaps: everything is read again.
    if (isMended) ({ reference, looked } = await look());
    if (isMended) generated = await generate(reference);
    isMended = true;
    const planned = await way.plan(reference, looked, generated);
    run.progress.update({ plan: planned, findings: [...looked.findings, ...planned.findings] });
    if (forbids(planned.findings)) await refuse(run, request, planned.findings);
    return planned;
  });
  const { digest } = approvable;
  if (request.onlyPlan) return run.stop('planned', `The plan has the digest ${digest}. Nothing was touched.`);
  if (request.expectedDigest !== undefined && request.expectedDigest !== digest) {
    return run.stop(
      'refused',
      `The plan is ${digest}, not ${request.expectedDigest} as asked for. Nothing was touched.`,
    );
  }
  const approval = await run.approvalOf({
    id: 'approval',
    title: `Approve the ${operationOf(request.operation).noun} of ${subjectOf(request)}`,
    digest,
    consequences: approvable.consequences,
    approval: approvable.plan.approval,
  });
  const confirm =
    way.confirm ??
    (async () => {
      assertSameRun(run, approval);
      const now = await way.plan(reference, await way.look(reference), generated);
      if (now.digest !== digest) throw planChanged(`The plan is ${now.digest} now, approved was ${digest}.`);
    });
  return { reference, approvable, generated, confirm: () => confirm(reference, approvable, approval) };
}

/**
 * Does this before the first touch, looks once more, and ends the run when what was approved is not true any
 * more: nothing was sent then.
 */
export async function whileStillTrue(
  run: Run,
  { confirm }: Pick<Agreed<ApprovablePlan>, 'confirm'>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
    await confirm();
  } catch (error) {
    if (failureTypeOf(error) !== 'PlanChanged') throw error;
    await run.stop('refused', describeFailure(error));
  }
}

/** Looks at everything before anything is made. */
async function lookAt<L extends { readonly findings: readonly Finding[] }>(
  run: Run,
  request: RunRequest,
  look: (reference: RunReference) => Promise<L>,
): Promise<{ readonly reference: RunReference; readonly looked: L }> {
  const { runId, startedAt } = run.progress.now;
  const opened = await doing('Read cluster.yaml').openRun({ request, runId, startedAt });
  run.open(opened);
  const looked = await look(opened.run);
  run.progress.update({ findings: looked.findings });
  if (forbids(looked.findings)) await refuse(run, request, looked.findings);
  return { reference: opened.run, looked };
}

/** A run that only plans ends with the findings that forbid it; else a person is asked to mend them. */
async function refuse(run: Run, request: RunRequest, findings: readonly Finding[]): Promise<never> {
  const errors = findings.filter((finding) => finding.severity === 'error').map(describeFinding);
  const forbid = errors.length === 1 ? '1 finding forbids' : `${errors.length} findings forbid`;
  const message = `${forbid} the ${operationOf(request.operation).noun}. Nothing was touched.\n${errors.join('\n')}`;
  if (request.onlyPlan) return run.stop('refused', message);
  throw ApplicationFailure.nonRetryable(message, 'PreconditionsFailed' satisfies FailureType);
}

/** After a workflow reset another run goes on with messages that were meant for the one before. */
function assertSameRun(run: Run, { runId }: Approval): void {
  if (runId !== run.progress.now.runId)
    throw planChanged(`The approval names run ${runId}, this is run ${run.progress.now.runId}.`);
}

function planChanged(what: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${what} Nothing was sent.`, 'PlanChanged' satisfies FailureType);
}

/** `pi-12 of talos-k8s-cluster` where the operation is done to one machine. */
function subjectOf(request: RunRequest): string {
  return 'node' in request ? `${String(request.node)} of ${request.cluster}` : request.cluster;
}
