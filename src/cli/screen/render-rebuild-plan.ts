import { describeCourse } from '../../run/plan/consequences.ts';
import { droppedInWords, nodesInWords } from '../../run/plan/dropped-settings.ts';
import { type Plan, type RebuildPlan, describePointOfNoReturn } from '../../run/plan/plan.ts';
import { machinesInWords } from '../../run/plan/losses.ts';
import type { Progress } from '../../run/progress.ts';
import { duration } from '../../run/duration.ts';
import { labelled } from './layout.ts';
import type { PlanSections } from './plan-sections.ts';
import type { View } from './view.ts';

/** What a rebuild takes from whom, and in which order: what is lost comes first. */
export function rebuildSections(
  approvable: RebuildPlan,
  { folder }: Pick<Progress, 'folder'>,
  view: View,
): PlanSections {
  const { plan, losses, diffs } = approvable;
  const { width } = view;
  const list = (lines: readonly string[]): string[] => lines.flatMap((line) => labelled('  - ', line, width));
  return {
    before: [
      ['What you lose', list(losses.lost)],
      ['What stays', list(losses.kept)],
      ['The machines', list(machinesInWords(losses.machines))],
      ['Set today, not set afterwards', renderDropped(approvable, view)],
      ['What else it means', list(describeCourse(plan))],
      ['Order', renderOrder(plan, width)],
      ['What stands afterwards', renderTarget(plan, width)],
    ],
    after: [['Changes to the machine configurations, secrets left out', renderDiffs(diffs, folder)]],
  };
}

/** A warning until each is patched or listed; nothing where there is nothing to say. */
function renderDropped({ dropped, droppedCount, plan }: RebuildPlan, { width, paint }: View): string[] {
  if (droppedCount === 0) return [];
  const more = droppedCount - dropped.length;
  return [
    ...dropped.flatMap((one) =>
      labelled('  ! ', `${nodesInWords(one.nodes, plan.nodes.length)}: ${droppedInWords(one)}`, width),
    ),
    ...(more > 0 ? [`  … and ${more} more: dropped.txt in the run’s folder`] : []),
    paint.dim(
      '  `plan --write-patches DIR` writes patches that keep them; what may go is listed in `dropped:` of cluster.yaml.',
    ),
  ];
}

/** Of many machines the folder is enough. */
function renderDiffs(diffs: RebuildPlan['diffs'], folder: string | undefined): string[] {
  const entries = Object.entries(diffs);
  const at = (file: string): string => (folder === undefined ? file : `${folder}/${file}`);
  if (entries.length > 8) return [`  ${entries.length} files in ${at('diffs')}`];
  return entries.map(([node, file]) => `  ${node}  ${at(file)}`);
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
  const secrets = plan.secrets === 'new' ? `new, set ${plan.set}` : `kept, in set ${plan.set}`;
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
