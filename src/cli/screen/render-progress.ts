import { describeFinding } from '../../run/findings.ts';
import { operationOf } from '../../run/operations.ts';
import type { Progress } from '../../run/progress.ts';
import { duration } from '../../run/duration.ts';
import { between, clock } from './instants.ts';
import { cut, labelled } from './layout.ts';
import { type PendingStep, describeStep } from './pending-step.ts';
import { renderGates } from './render-gates.ts';
import { renderMachines } from './render-machines.ts';
import { renderOutcome } from './render-outcome.ts';
import { renderPhases } from './render-phases.ts';
import { type View, commandLine } from './view.ts';

/** Everything about a run on one screen: what needs a person comes last, where the eye ends. */
export function renderProgress(progress: Progress, steps: readonly PendingStep[], view: View): string[] {
  const { paint, width } = view;
  const table = [
    ...renderHeading(progress, view),
    '',
    ...renderPhases(progress.phases, view),
    ...renderClusterSteps(steps, view),
    ...(progress.nodes.length > 0 ? ['', ...renderMachines(progress.nodes, steps, view)] : []),
  ];
  return [
    ...table.map((line) => cut(line, width)),
    ...renderPointOfNoReturn(progress, view),
    ...renderFindings(progress, view),
    ...renderRemarks(progress, view),
    ...renderGates(progress.gates, view),
    ...renderPause(progress, view),
    ...renderOutcome(progress, view),
    ...(progress.folder === undefined || progress.outcome === undefined
      ? []
      : [paint.dim(`  folder    ${progress.folder}`)]),
  ];
}

function renderHeading(progress: Progress, { paint, now }: View): string[] {
  const { noun } = operationOf(progress.operation);
  const what = progress.onlyPlan ? `plan of a ${noun}` : noun;
  const elapsed = duration(between(progress.startedAt, progress.endedAt, now));
  return [
    `${paint.bold(progress.cluster)}  ${what}, ${elapsed}` +
      paint.dim(`  since ${clock(progress.startedAt, now)} by ${progress.requestedBy}, run ${progress.runId}`),
  ];
}

function renderClusterSteps(steps: readonly PendingStep[], { paint }: View): string[] {
  return steps
    .filter((step) => step.node === undefined)
    .map((step) => describeStep(step))
    .filter((line) => line !== '')
    .map((line) => paint.dim(`    ${line}`));
}

function renderPointOfNoReturn(progress: Progress, { now, paint }: View): string[] {
  if (progress.pointOfNoReturnPassedAt === undefined || progress.outcome !== undefined) return [];
  return [
    '',
    paint.dim(`  point of no return passed at ${clock(progress.pointOfNoReturnPassedAt, now)}: only forward leads out`),
  ];
}

function renderPause({ pause, outcome }: Progress, view: View): string[] {
  if (!pause || outcome !== undefined) return [];
  const { paint, now } = view;
  const where = pause.at === undefined ? 'it stops at the next safe point' : `it stands still ${pause.at}`;
  const why = pause.reason === '' ? '' : ` (${pause.reason})`;
  return [
    '',
    paint.yellow(paint.bold(`‖ Paused by ${pause.by} at ${clock(pause.requestedAt, now)}${why}: ${where}`)),
    `  go on    ${paint.bold(commandLine(view.invocation, 'resume'))}`,
  ];
}

function renderFindings(progress: Progress, { paint, width }: View): string[] {
  // An open question about the preflight lists them itself.
  if (progress.findings.length === 0 || progress.gates.some((gate) => gate.phase === 'preflight')) return [];
  const lines = progress.findings.flatMap((finding) =>
    labelled(
      finding.severity === 'error' ? `  ${paint.red('error')}    ` : `  ${paint.yellow('warning')}  `,
      describeFinding(finding),
      width,
    ),
  );
  return ['', ...lines];
}

function renderRemarks(progress: Progress, { now, width }: View): string[] {
  if (progress.remarks.length === 0) return [];
  return ['', ...progress.remarks.slice(-5).flatMap((one) => labelled(`  ${clock(one.at, now)}  `, one.text, width))];
}
