import type { RunReference } from '../../run/run-reference.ts';
import { doing } from '../activities.ts';
import type { ApprovedPlan } from '../approved-plan.ts';
import { consentTo } from '../consent-to.ts';
import type { Run } from '../run.ts';

/** Promotes the new set, and says whether it did. */
export async function finalize(run: Run, reference: RunReference, approved: ApprovedPlan): Promise<boolean> {
  const refusal = await run.phase('finalize', async () => {
    const reason = await consentTo(run, approved, 'finalize', `Make ${approved.plan.set} the set in use`);
    if (reason === undefined) await doing('Promote the new set').finalize({ run: reference, plan: approved.plan });
    return reason;
  });
  if (refusal === undefined) return true;
  run.skipPhase('finalize', refusal);
  run.progress.remark(`The new set was not promoted: ${refusal}`);
  return false;
}
