import { join } from 'node:path';
import { duration } from '../src/run/duration.ts';
import { between } from '../src/cli/screen/instants.ts';
import { table } from '../src/cli/screen/layout.ts';
import { renderFailover } from '../src/cli/screen/render-outcome.ts';
import type { View } from '../src/cli/screen/view.ts';
import { phases } from '../src/run/operations.ts';
import { describeOutcome } from '../src/run/outcomes.ts';
import type { PhaseProgress, Progress } from '../src/run/progress.ts';

/** The runbook's step that is not a phase yet: apps come back by themselves where a GitOps tool looks after them. */
const redeployAppsMinutes = 20;

/** How a demo ended: time per phase beside what the runbook gives a person, the failover, the report. */
export function renderSummary(progress: Progress, view: View, speed: number): string[] {
  const { paint, now } = view;
  const after = progress.phases.findIndex((phase) => phase.name === 'failoverDrill') + 1;
  const rows = progress.phases.map((phase) => phaseRow(phase, now, speed));
  rows.splice(after, 0, ['  Redeploy apps', 'not part of it', '', minutes(redeployAppsMinutes)]);
  const total = progress.phases.reduce(
    (sum, { name }) => sum + (phases[name].runbookMinutes ?? 0),
    redeployAppsMinutes,
  );
  const took = between(progress.startedAt, progress.endedAt, now);
  return [
    '',
    `${paint.bold(progress.cluster)}: ${progress.outcome === undefined ? 'It waits for a person.' : describeOutcome(progress.outcome)}`,
    '',
    ...table([
      ['  phase', 'took', `on real machines`, 'by hand'].map(paint.dim),
      ...rows,
      ['  all', duration(took), '', minutes(total)].map(paint.bold),
    ]),
    '',
    ...renderFailover(progress, view),
    ...(progress.folder === undefined ? [] : [`  report    ${join(progress.folder, 'report.md')}`]),
    paint.dim(`  The simulated machines ran at ${speed} times the speed of a Raspberry Pi.`),
  ];
}

function phaseRow(phase: PhaseProgress, now: Date, speed: number): string[] {
  const { title, runbookMinutes } = phases[phase.name];
  const took = phase.startedAt === undefined ? undefined : between(phase.startedAt, phase.endedAt, now);
  return [
    `  ${title}`,
    phase.state === 'skipped' ? 'skipped' : took === undefined ? '' : duration(took),
    took === undefined || !waitsForMachines.has(phase.name) ? '' : `about ${duration(took * speed)}`,
    runbookMinutes === undefined ? '' : minutes(runbookMinutes),
  ];
}

/** Phases whose time is that of the machines, so that it scales with the simulation's speed. */
const waitsForMachines: ReadonlySet<string> = new Set(['canary', 'reset', 'bootstrap', 'verify', 'failoverDrill']);

function minutes(count: number): string {
  return `${count} min`;
}
