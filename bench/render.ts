import { table } from '../src/cli/screen/layout.ts';
import type { Paint } from '../src/cli/screen/paint.ts';
import { type Result, isMissed } from './goals.ts';
import type { MachineCosts } from './machine-costs.ts';
import type { Measurement } from './measurement.ts';
import type { Segment } from './path/happening.ts';

/** The figures with their goals. */
export function renderResults(results: readonly Result[], paint: Paint): string[] {
  const row = (result: Result): string[] => [
    result.name,
    show(result.seen, result.unit),
    result.goal === undefined ? '' : `at most ${show(result.goal, result.unit)}`,
    result.goal === undefined ? '' : isMissed(result) ? paint.red('missed') : paint.green('ok'),
  ];
  return table([['', 'seen', 'goal', ''].map(paint.dim), ...results.map(row)]);
}

/** Where the time went: what the machines need, and what held them up. */
export function renderCourse(measurement: Measurement, paint: Paint): string[] {
  const { path, beforeResetMs, sinceApprovalMs, seenAfterMs, phases } = measurement;
  const ours = path.course.filter(({ time, ms }) => time === 'ours' && ms > 0);
  return [
    paint.bold('The critical path: what these machines need'),
    ...table(path.segments.map(segmentRow)),
    '',
    paint.bold('What held them up'),
    ...table([...ours.map(segmentRow), ['', 'the end of the drill seen', seconds(seenAfterMs)]]),
    '',
    paint.bold('Phases of the run'),
    ...table(phases.map(({ name, ms }) => [name, seconds(ms)])),
    '',
    `From the approval to the first reset ${seconds(beforeResetMs)}, to the end of the run ${seconds(sinceApprovalMs)}.`,
  ];
}

/** What this computer takes for what is done all the time. */
export function renderCosts({ talosctlStartMs, handshakeMs, serverRoundTripMs }: MachineCosts, paint: Paint): string[] {
  const row = (what: string, ms: number): string[] => [what, `${ms.toFixed(1)} ms`];
  return [
    paint.bold('What this computer takes (medians), to compare it with another'),
    ...table([
      row('start of talosctl', talosctlStartMs),
      row('TLS handshake with a machine', handshakeMs),
      row('round trip to the Temporal server', serverRoundTripMs),
    ]),
  ];
}

function segmentRow({ machine, what, ms }: Segment): string[] {
  return [machine, what, seconds(ms)];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

function show(value: number | undefined, unit: Result['unit']): string {
  if (value === undefined) return 'not to be had';
  switch (unit) {
    case 'ms':
      return seconds(value);
    case 'bytes':
      return `${Math.round(value / 1024 / 1024)} MiB`;
    case 'times':
      return value.toFixed(3);
    case 'events':
      return String(value);
  }
}
