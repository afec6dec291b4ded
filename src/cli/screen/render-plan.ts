import { describeFinding } from '../../run/findings.ts';
import { type ApprovablePlan, type Plan, describePointOfNoReturn } from '../../run/plan.ts';
import type { Progress } from '../../run/progress.ts';
import { duration } from './instants.ts';
import { labelled } from './layout.ts';
import type { View } from './view.ts';

/** The plan for the person who has to consent to it: what is lost comes first, the digest last. */
export function renderPlan(
  { plan, digest, consequences, diffs }: ApprovablePlan,
  { findings, folder }: Pick<Progress, 'findings' | 'folder'>,
  view: View,
): string[] {
  const { paint, width } = view;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', paint.bold(title), ...lines];
  return [
    paint.bold(`Plan for ${plan.cluster}`),
    ...section(
      'What is lost, and what stays',
      consequences.flatMap((line) => labelled('  - ', line, width)),
    ),
    ...section('Order', renderOrder(plan, width)),
    ...section('What stands afterwards', renderTarget(plan, width)),
    ...section(
      'Findings',
      findings.flatMap((one) =>
        labelled(one.severity === 'error' ? '  ! error    ' : '  ! warning  ', describeFinding(one), width),
      ),
    ),
    ...section(
      'Changes to the machine configurations, secrets left out',
      Object.entries(diffs).map(([node, file]) => `  ${node}  ${folder === undefined ? file : `${folder}/${file}`}`),
    ),
    '',
    `${paint.bold('Digest')}  ${digest}`,
  ];
}

function renderOrder({ order, bootstrapNode }: Plan, width: number): string[] {
  const canary = order.canary ?? 'none: no machine can be spared';
  return [
    ...labelled('  canary              ', canary, width),
    ...labelled('  then the workers    ', order.workers.join(', ') || 'none left', width),
    ...labelled('  then control planes ', order.controlPlanes.join(', ') || 'none left', width),
    ...labelled('  bootstrap           ', bootstrapNode ?? 'the first control plane that is ready', width),
    ...labelled('  point of no return  ', describePointOfNoReturn(order), width),
  ];
}

function renderTarget(plan: Plan, width: number): string[] {
  const secrets = plan.secrets === 'new' ? `new, set ${plan.newSet}` : `kept, in set ${plan.newSet}`;
  const { manifests, commands } = plan.afterBootstrap;
  const network = [...manifests.map((one) => one.file), ...commands.map((one) => one.join(' '))];
  return [
    `  endpoint    ${plan.endpoint}`,
    `  VIP         ${plan.vip.address} on ${plan.vip.link} of the control planes`,
    `  versions    Talos ${plan.talosVersion}, Kubernetes ${plan.kubernetesVersion}`,
    `  secrets     ${secrets}`,
    ...(network.length === 0 ? [] : labelled('  network     ', network.join('; '), width)),
    `  failover    proven by a reboot of the VIP's holder, within ${duration(plan.failoverBudgetMs)}`,
  ];
}
