import type { ProbeSample } from './longest-gap.ts';

/** Probes one after the other with the same outcome, told by their first and last. */
export interface ProbeRun {
  ok: boolean;
  error?: string;
  /** When the first of them began and the last of them ended, in ms since the epoch. */
  from: number;
  until: number;
  count: number;
  slowestMs: number;
}

/** Of an API that comes and goes for hours, only the last so many runs are kept. */
const KEPT = 1_000;

/** Adds a probe to the last run if it ended the same way, else begins a new run. Changes the list given. */
export function addToRuns(runs: ProbeRun[], { at, ms, ok, error }: ProbeSample): void {
  const last = runs.at(-1);
  if (last !== undefined && last.ok === ok && last.error === error) {
    last.until = Math.max(last.until, at + ms);
    last.count += 1;
    last.slowestMs = Math.max(last.slowestMs, ms);
    return;
  }
  runs.push({ ok, ...(error === undefined ? {} : { error }), from: at, until: at + ms, count: 1, slowestMs: ms });
  if (runs.length > KEPT) runs.shift();
}
