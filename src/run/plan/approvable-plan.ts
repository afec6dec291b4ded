import type { Operation } from '../operations.ts';
import type { AnyPlan } from './any-plan.ts';
import type { RebuildPlan } from './plan.ts';

export type ApprovablePlan = RebuildPlan | AnyPlan<Exclude<Operation, 'rebuild'>>;

/** The plan of a rebuild, where it is one. */
export function asRebuildPlan(plan: ApprovablePlan | undefined): RebuildPlan | undefined {
  return plan?.operation === 'rebuild' ? plan : undefined;
}
