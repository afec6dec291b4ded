import { table } from '../../src/cli/screen/layout.ts';
import { type Action, type DealtBlow, keyOf } from './blow.ts';
import type { Round } from './round.ts';
import type { SuiteResult } from './suite.ts';

/** The goals for a worker that was killed and is started again at once, in ms. */
export const goals = { medianMs: 8_000, longestMs: 15_000 } as const;

/** Every blow with what came of it, and the sums. */
export function renderResult(result: SuiteResult): string[] {
  const { points, rounds, unhit, ms } = result;
  const rows = rounds.flatMap((round) => round.dealt.map((blow) => rowOf(blow, round)));
  const dealt = rounds.flatMap((round) => round.dealt);
  const count = (action: Action): number => dealt.filter((blow) => blow.action === action).length;
  return [
    ...table([['point', 'what was done', 'round', 'outcome', 'journal', 'worker back', 'goes on after'], ...rows]),
    '',
    `${points.length} points, ${count('kill worker')} kills of the worker, ${count('kill server')} of the server, ` +
      `${count('freeze worker')} freezes, ${rounds.length} rounds, ${(ms / 60_000).toFixed(1)} min`,
    ...timesOf(dealt),
    ...owedTo(rounds),
    ...rounds.flatMap(troubleOf),
    ...unhit.map((blow) => `NOT HIT: ${keyOf(blow)}`),
    isFine(result) ? 'Nothing was done twice, lost or leaked.' : 'NOT AS IT MUST BE: see above.',
  ];
}

/** Whether every blow was dealt and every rebuild ended as if nothing had happened, within the time. */
export function isFine({ rounds, unhit }: SuiteResult): boolean {
  return unhit.length === 0 && rounds.every((round) => round.findings.length === 0 && round.gates.length === 0);
}

function rowOf(blow: DealtBlow, { number, progress, findings }: Round): string[] {
  const after = blow.progressAfterMs === undefined ? 'the end' : seconds(blow.progressAfterMs);
  const back = blow.workerBackAfterMs === undefined ? '' : seconds(blow.workerBackAfterMs);
  const journal = findings.length === 0 ? 'ok' : `${findings.length} findings`;
  return [blow.point.id, blow.action, String(number), progress?.outcome ?? 'lost', journal, back, after];
}

function timesOf(dealt: readonly DealtBlow[]): string[] {
  return (['kill worker', 'kill server', 'freeze worker'] as const).flatMap((action) => {
    const times = timesAfter(dealt, action);
    if (times.length === 0) return [];
    const goal = action === 'kill worker' ? ` (goal: ${seconds(goals.medianMs)}, ${seconds(goals.longestMs)})` : '';
    return [
      `${action}: goes on after ${seconds(median(times))} in the median, ${seconds(Math.max(...times))} at most${goal}`,
    ];
  });
}

/** From each such blow to the next progress, in ms, the shortest first. */
export function timesAfter(dealt: readonly DealtBlow[], action: Action): number[] {
  return dealt
    .flatMap((blow) => (blow.action === action && blow.progressAfterMs !== undefined ? [blow.progressAfterMs] : []))
    .toSorted((a, b) => a - b);
}

export function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function owedTo(rounds: readonly Round[]): string[] {
  const count = rounds.reduce((sum, { owedGates }) => sum + owedGates.length, 0);
  return count === 0 ? [] : [`${count} questions that the faults had to lead to, answered with retry`];
}

function troubleOf({ number, findings, gates }: Round): string[] {
  return [
    ...findings.map((finding) => `FOUND in round ${number}: ${finding}`),
    ...gates.map(({ id, seen }) => `ASKED in round ${number}: ${id}: ${seen}`),
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
