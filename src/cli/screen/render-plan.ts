import { describeFinding, forbids } from '../../run/findings.ts';
import { operationOf } from '../../run/operations.ts';
import type { ApprovablePlan } from '../../run/plan/approvable-plan.ts';
import { asRebuildPlan } from '../../run/plan/approvable-plan.ts';
import type { Progress } from '../../run/progress.ts';
import { labelled } from './layout.ts';
import type { PlanSections, Section } from './plan-sections.ts';
import { rebuildSections } from './render-rebuild-plan.ts';
import type { View } from './view.ts';

/**
 * The plan for the person who has to consent to it: what it goes on from, if an earlier run did not end, then what
 * it means, the digest last.
 */
export function renderPlan(
  plan: ApprovablePlan,
  progress: Pick<Progress, 'findings' | 'folder'>,
  view: View,
): string[] {
  const { paint, width } = view;
  const { findings } = progress;
  const section = ([title, lines]: Section): string[] => (lines.length === 0 ? [] : ['', paint.bold(title), ...lines]);
  const { before, after } = sectionsOf(plan, progress, view);
  return [
    paint.bold(`Plan for ${plan.plan.cluster}`),
    ...section(['What went before', bullets(plan.goesOn ?? [], width)]),
    ...before.flatMap(section),
    ...section([
      'Findings',
      findings.flatMap((one) =>
        labelled(one.severity === 'error' ? '  ! error    ' : '  ! warning  ', describeFinding(one), width),
      ),
    ]),
    ...after.flatMap(section),
    '',
    forbids(findings)
      ? paint.red(
          `Refused: the findings marked as errors forbid the ${operationOf(plan.operation).noun}. Nothing was touched.`,
        )
      : `${paint.bold('Digest')}  ${plan.digest}`,
  ];
}

/** An operation without a page of its own shows what its plan says in words. */
function sectionsOf(plan: ApprovablePlan, progress: Pick<Progress, 'folder'>, view: View): PlanSections {
  const rebuild = asRebuildPlan(plan);
  if (rebuild) return rebuildSections(rebuild, progress, view);
  return { before: [['What it means', bullets(plan.consequences, view.width)]], after: [] };
}

function bullets(lines: readonly string[], width: number): string[] {
  return lines.flatMap((line) => labelled('  - ', line, width));
}
