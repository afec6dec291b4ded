import { phases } from './phases.ts';
import type { Plan, PlannedNode } from './plan.ts';
import { describePointOfNoReturn } from './plan.ts';

const apiAwayMinutes = phases.reset.runbookMinutes + phases.bootstrap.runbookMinutes + phases.verify.runbookMinutes;

/** What a plan means for a person, a line each, the losses first. */
export function describeConsequences(plan: Plan): string[] {
  const { order } = plan;
  const resets = [order.canary, ...order.workers, ...order.controlPlanes].filter((name) => name !== undefined);
  return [
    ...plan.nodes.map(describeNode),
    plan.secrets === 'new'
      ? 'New secrets are drawn: every kubeconfig and talosconfig of the old cluster stops working.'
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

function describeNode(node: PlannedNode): string {
  const who = `${node.name} (${node.role}, ${node.address})`;
  if (node.reset === 'none') return `${who}: is in maintenance mode; nothing is wiped, it gets its configuration.`;
  const disk = node.identity.systemDisk;
  const on = disk ? ` on ${disk.devPath}` : '';
  return `${who}: STATE and EPHEMERAL${on} are wiped, with everything that Kubernetes kept there; META, EFI and all other disks stay.`;
}
