import { type PhaseName, phases } from '../../run/operations.ts';
import type { PhaseProgress } from '../../run/progress.ts';
import { table } from './layout.ts';
import { duration } from '../../run/duration.ts';
import { between } from './instants.ts';
import type { Paint } from './paint.ts';
import type { View } from './view.ts';

/** The phases in order, each with its time beside what the runbook gives a person for it. */
export function renderPhases(list: readonly PhaseProgress[], view: View): string[] {
  return table(
    list.map((phase) => [
      `  ${mark(phase, view.paint)} ${title(phase, view.paint)}`,
      timeOf(phase, view.now),
      runbookOf(phase.name, view.paint),
      phase.note ?? (phase.state === 'running' ? phases[phase.name].does : ''),
    ]),
  );
}

function mark(phase: PhaseProgress, paint: Paint): string {
  switch (phase.state) {
    case 'waiting':
      return paint.dim('·');
    case 'running':
      return paint.cyan('▶');
    case 'gate':
      return paint.yellow('?');
    case 'done':
      return paint.green('✔');
    case 'skipped':
      return paint.dim('–');
  }
}

function title(phase: PhaseProgress, paint: Paint): string {
  const text = phases[phase.name].title;
  if (phase.state === 'waiting' || phase.state === 'skipped') return paint.dim(text);
  return phase.state === 'done' ? text : paint.bold(text);
}

function timeOf(phase: PhaseProgress, now: Date): string {
  if (phase.state === 'skipped') return 'skipped';
  return phase.startedAt === undefined ? '' : duration(between(phase.startedAt, phase.endedAt, now));
}

function runbookOf(name: PhaseName, paint: Paint): string {
  const minutes = phases[name].runbookMinutes;
  return minutes === undefined ? '' : paint.dim(`by hand ${minutes} min`);
}
