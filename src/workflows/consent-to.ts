import type { ApprovedBefore } from '../run/cluster-definition.ts';
import { phases } from '../run/operations.ts';
import type { ApprovedPlan } from './approved-plan.ts';
import type { Run } from './run.ts';

/**
 * Asks a person before this part of the plan, where cluster.yaml wants it. Resolves with why not, or
 * nothing when it may be done.
 */
export async function consentTo(
  run: Run,
  { plan, digest }: ApprovedPlan,
  what: ApprovedBefore,
  consequence: string,
): Promise<string | undefined> {
  if (!plan.approval.before.includes(what)) return undefined;
  const { title } = phases[what];
  const { decision, by, reason } = await run.approve({
    id: `approval/${what}`,
    title: `Approve: ${title} of ${plan.cluster}`,
    digest,
    consequences: [`${consequence}.`],
    approval: plan.approval,
  });
  if (decision === 'approve') return undefined;
  return decision === 'expired' ? 'nobody approved it in time' : `rejected by ${by}${reason && `: ${reason}`}`;
}
