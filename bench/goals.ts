import type { Measurement } from './measurement.ts';

/** A figure with its goal, or one that is only worth knowing. */
export interface Result {
  readonly name: string;
  readonly seen: number | undefined;
  readonly unit: 'times' | 'ms' | 'bytes' | 'events';
  /** At most this, `undefined` for none. */
  readonly goal?: number;
}

const mebi = 1024 * 1024;

/** What `npm run bench` is there to find out. */
export function resultsOf(measurement: Measurement): Result[] {
  const { path, wallMs, events, peakMemory } = measurement;
  const counts = [...events.values()];
  const [parent = 0, ...children] = counts;
  return [
    { name: 'critical path', seen: path.ms, unit: 'ms' },
    { name: 'wall time', seen: wallMs, unit: 'ms' },
    { name: 'wall time / critical path', seen: wallMs / path.ms, unit: 'times', goal: 1.03 },
    { name: 'overhead', seen: wallMs - path.ms, unit: 'ms', goal: 900 },
    { name: 'peak memory of the worker', seen: peakMemory, unit: 'bytes', goal: 300 * mebi },
    { name: "events in the run's history", seen: parent, unit: 'events' },
    { name: "most events in a machine's history", seen: Math.max(0, ...children), unit: 'events' },
    { name: 'events in all histories', seen: counts.reduce((sum, count) => sum + count, 0), unit: 'events' },
  ];
}

/** Whether a goal is kept; what could not be measured keeps none. */
export function isMissed({ seen, goal }: Result): boolean {
  return goal !== undefined && !(seen !== undefined && seen <= goal);
}
