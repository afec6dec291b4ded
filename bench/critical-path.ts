import type { JournalEntry } from '../simulator/src/lab.ts';
import { drill } from './path/drill.ts';
import { type Segment, courseTo, leastTime } from './path/happening.ts';
import { buildUp } from './path/new-cluster.ts';
import { StateHistory } from './path/state-history.ts';
import { type Runbook, tearDown } from './path/tear-down.ts';

export interface CriticalPath {
  /** How long these machines need at least, in ms. */
  readonly ms: number;
  /** The chain that makes it up: machine time only. */
  readonly segments: readonly Segment[];
  /** The chain as it really went; what is ours in it held everything up. */
  readonly course: readonly Segment[];
  /** When the first reset took effect and when the last machine state was reached, in ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Computes a rebuild's critical path from the simulator's journal, from states and effects alone: no request and no
 * clock of ours. What has to wait for what is the runbook's graph: canary → other workers → control planes →
 * configurations → bootstrap → joins, API servers, VIP and nodes → reboot of the VIP's holder → that machine again.
 * Throws when the journal is not that of a whole rebuild.
 */
export function criticalPath(journal: readonly JournalEntry[], runbook: Runbook): CriticalPath {
  const history = new StateHistory(journal);
  const machines = tearDown(history, runbook);
  const end = drill(history, buildUp(history, machines));
  const { ms, segments } = leastTime(end);
  return {
    ms,
    segments: segments.filter((segment) => segment.ms > 0),
    course: courseTo(end),
    startedAt: Math.min(...machines.map(({ reset }) => reset.at)),
    endedAt: end.at,
  };
}
