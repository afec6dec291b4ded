import { phases } from '../phases.ts';
import type { RebuildPlan, Plan } from './plan.ts';
import { describePointOfNoReturn } from './plan.ts';
import { machinesInWords } from './losses.ts';

const apiAwayMinutes = phases.reset.runbookMinutes + phases.bootstrap.runbookMinutes + phases.verify.runbookMinutes;

/**
 * What a plan means for a person, a line each: what is lost, what stays, what becomes of the machines, then the rest.
 */
export function describeConsequences(
  plan: Plan,
  { losses, droppedCount }: Pick<RebuildPlan, 'losses' | 'droppedCount'>,
): string[] {
  return [
    ...losses.lost,
    ...losses.kept,
    ...machinesInWords(losses.machines),
    ...(droppedCount === 0 ? [] : [`${droppedCount} settings of today’s machines are not set afterwards.`]),
    ...describeCourse(plan),
  ];
}

/** What happens to the cluster as a whole. */
export function describeCourse(plan: Plan): string[] {
  const { order } = plan;
  const resets = [order.canary, ...order.workers, ...order.controlPlanes].filter((name) => name !== undefined);
  return [
    plan.secrets === 'new'
      ? 'New secrets: every kubeconfig and talosconfig of the old cluster stops working.'
      : 'The secrets are kept: the old kubeconfigs and talosconfigs go on working.',
    order.canary === undefined
      ? 'No canary: no machine can be reset on trial without risking the old cluster.'
      : `Canary: ${order.canary} is reset first and has to come back in maintenance mode.`,
    `Point of no return: ${describePointOfNoReturn(order)}`,
    resets.length === 0
      ? 'No cluster runs on these machines, so none goes away.'
      : `The Kubernetes API is away from the reset of the control planes until the new cluster is verified: about ${apiAwayMinutes} minutes on Raspberry Pis.`,
  ];
}
