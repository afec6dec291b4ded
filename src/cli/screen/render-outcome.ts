import type { Progress } from '../../run/progress.ts';
import { describeOutcome, isWanted, type Outcome } from '../../run/outcomes.ts';
import { duration } from '../../run/duration.ts';
import { labelled } from './layout.ts';
import type { Paint } from './paint.ts';
import type { View } from './view.ts';

/** How the run ended, with the proof of the failover; nothing while it is under way. */
export function renderOutcome(progress: Progress, view: View): string[] {
  if (progress.outcome === undefined) return [];
  const lines = ['', paintOutcome(progress.outcome, view.paint)];
  if (progress.verdict !== undefined) lines.push(...labelled('  ', progress.verdict, view.width));
  lines.push(...renderFailover(progress, view));
  return lines;
}

/** What the failover drill measured, or why nothing is proven. */
export function renderFailover({ failover }: Progress, view: View): string[] {
  if (failover === undefined) return [];
  if (!failover.proven) return labelled('  failover  ', `not proven: ${failover.reason}`, view.width);
  const { from, to, gapMs, budgetMs, probes } = failover;
  const away = `the API was away for at most ${duration(gapMs)} (allowed ${duration(budgetMs)}, ${probes} probes)`;
  return labelled('  failover  ', `the VIP went from ${from} to ${to}; ${away}`, view.width);
}

function paintOutcome(outcome: Outcome, paint: Paint): string {
  const text = paint.bold(describeOutcome(outcome));
  if (isWanted(outcome)) return paint.green(text);
  return outcome === 'aborted' || outcome === 'refused' ? paint.red(text) : paint.yellow(text);
}
