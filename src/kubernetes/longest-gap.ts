/** One probe of an API: when it began (ms since the epoch), how long it took, and what came of it. */
export interface ProbeSample {
  at: number;
  ms: number;
  ok: boolean;
  /** What went wrong, in a few words. */
  error?: string;
}

/** A time in which an API was away, in ms since the epoch. */
export interface Gap {
  /** When the last successful probe before it was answered; without one, when the first probe began. */
  startedAt: number;
  /** When the first successful probe after it was answered; undefined while it lasts. */
  endedAt: number | undefined;
  /** How long it lasted, or has lasted at the last probe. */
  ms: number;
}

/** What probes say taken together. */
export interface GapSummary {
  probes: number;
  failures: number;
  /** How often the API was away. */
  gaps: number;
  /** The longest gap that is over. */
  longestClosed: Gap | undefined;
  /** The gap that is not over. */
  open: Gap | undefined;
  lastSuccessAt: number | undefined;
}

export const noProbes: GapSummary = {
  probes: 0,
  failures: 0,
  gaps: 0,
  longestClosed: undefined,
  open: undefined,
  lastSuccessAt: undefined,
};

/**
 * A summary with one more probe, in the order in which probes end. A gap is the time between two successes that has a failure
 * in it: what a client saw, at worst one probing interval at either end longer than the API was away.
 */
export function withProbe(summary: GapSummary, { at, ms, ok }: ProbeSample): GapSummary {
  const now = at + ms;
  const { open, lastSuccessAt } = summary;
  const probes = summary.probes + 1;
  if (ok) {
    const closed = open === undefined ? undefined : { ...open, endedAt: now, ms: now - open.startedAt };
    const longestClosed = longer(summary.longestClosed, closed);
    return { ...summary, probes, open: undefined, longestClosed, lastSuccessAt: now };
  }
  const startedAt = open?.startedAt ?? lastSuccessAt ?? at;
  return {
    ...summary,
    probes,
    failures: summary.failures + 1,
    gaps: summary.gaps + (open === undefined ? 1 : 0),
    open: { startedAt, endedAt: undefined, ms: now - startedAt },
  };
}

/** The longest gap of all, be it over or not; undefined if no probe failed. */
export function longestIn({ longestClosed, open }: GapSummary): Gap | undefined {
  return longer(longestClosed, open);
}

/** The longest time without a success that has a failure in it, of samples in any order; undefined if none failed. */
export function longestGap(samples: readonly ProbeSample[]): Gap | undefined {
  const byEnd = samples.toSorted((a, b) => a.at + a.ms - (b.at + b.ms));
  return longestIn(byEnd.reduce(withProbe, noProbes));
}

function longer(one: Gap | undefined, other: Gap | undefined): Gap | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.ms > one.ms ? other : one;
}
