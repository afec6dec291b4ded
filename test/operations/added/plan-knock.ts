import type { AnyPlan } from '../../run/plan/any-plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { clusterOf, record } from '../attempt/run-files.ts';
import { digestOf } from './digest.ts';

/** Plans to knock at one machine. */
export async function planKnock(
  attempt: Attempt,
  { node }: { readonly run: RunReference; readonly node: string },
): Promise<AnyPlan<'knock'>> {
  const { name, approval } = await clusterOf(attempt);
  const plan = { cluster: name, approval, node };
  const digest = digestOf(plan);
  await record(attempt, (all) => void (all.planDigest = digest));
  return { operation: 'knock', plan, digest, consequences: [`${node} is knocked at.`], findings: [] };
}
