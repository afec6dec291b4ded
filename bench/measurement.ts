import type { Progress } from '../src/run/progress.ts';
import type { JournalEntry } from '../simulator/src/lab.ts';
import type { CriticalPath } from './critical-path.ts';

/** What one run showed. All durations in ms. */
export interface Measurement {
  readonly path: CriticalPath;
  /** From the first reset's request until the drill is done: its last machine state reached, and seen by the run. */
  readonly wallMs: number;
  /** Of that, from the last machine state until the run had seen it; negative if it did not wait for that state. */
  readonly seenAfterMs: number;
  /** From the approval to the first reset's request: back up, and the last look at every machine. */
  readonly beforeResetMs: number;
  /** From the approval to the end of the run, report written. */
  readonly sinceApprovalMs: number;
  readonly phases: readonly { readonly name: string; readonly ms: number }[];
  readonly events: ReadonlyMap<string, number>;
  /** Bytes; undefined where the system does not tell. */
  readonly peakMemory: number | undefined;
}

/** Puts the simulator's journal and the run's own account side by side. */
export function measure(
  journal: readonly JournalEntry[],
  progress: Progress,
  path: CriticalPath,
  more: Pick<Measurement, 'events' | 'peakMemory'>,
): Measurement {
  const firstReset = journal.find((entry) => entry.kind === 'request' && entry.method === 'MachineService/Reset');
  const startedAt = firstReset?.at ?? path.startedAt;
  const drilled = instant(progress.phases.find(({ name }) => name === 'failoverDrill')?.endedAt);
  const approvedAt = instant(progress.approvals[0]?.at);
  return {
    path,
    wallMs: Math.max(path.endedAt, drilled) - startedAt,
    seenAfterMs: drilled - path.endedAt,
    beforeResetMs: startedAt - approvedAt,
    sinceApprovalMs: instant(progress.endedAt) - approvedAt,
    phases: progress.phases.flatMap(({ name, startedAt: from, endedAt: to }) =>
      from === undefined || to === undefined ? [] : [{ name, ms: instant(to) - instant(from) }],
    ),
    ...more,
  };
}

function instant(iso: string | undefined): number {
  if (iso === undefined) throw new Error('The run has no complete account of itself: an instant is missing.');
  return new Date(iso).getTime();
}
