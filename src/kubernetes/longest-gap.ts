/** One probe of an API: when it began (ms since the epoch), how long it took, and what came of it. */
export interface ProbeSample {
  at: number;
  ms: number;
  ok: boolean;
  /** What went wrong, in a few words. */
  error?: string;
}

/**
 * A time in which an API was away, in ms since the epoch: from one answer to the next, when a probe that began in
 * between failed. It is what a client saw: at worst one probing interval at either end longer than the API was away.
 */
export interface Gap {
  /** When the last successful probe before it was answered; without one, when the first failed one began. */
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
  /**
   * The latest times between two answers: a probe that hung is known to have failed long after the next was answered.
   */
  between: readonly Between[];
}

interface Between {
  /** -Infinity before the first answer. */
  from: number;
  to: number;
  isGap: boolean;
}

export const noProbes: GapSummary = {
  probes: 0,
  failures: 0,
  gaps: 0,
  longestClosed: undefined,
  open: undefined,
  between: [],
};

/** More answers than come in while one probe hangs, for any sensible interval and timeout. */
const REMEMBERED = 512;

/** A summary with one more probe, in the order in which probes end. */
export function withProbe(summary: GapSummary, sample: ProbeSample): GapSummary {
  const counted = { ...summary, probes: summary.probes + 1, failures: summary.failures + (sample.ok ? 0 : 1) };
  const now = sample.at + sample.ms;
  const lastAnswerAt = summary.between.at(-1)?.to ?? -Infinity;
  if (sample.ok) return withAnswer(counted, lastAnswerAt, now);
  if (sample.at < lastAnswerAt) return withLateFailure(counted, sample.at);

  const startedAt = summary.open?.startedAt ?? (lastAnswerAt === -Infinity ? sample.at : lastAnswerAt);
  const gaps = summary.gaps + (summary.open === undefined ? 1 : 0);
  return { ...counted, gaps, open: { startedAt, endedAt: undefined, ms: now - startedAt } };
}

function withAnswer(summary: GapSummary, lastAnswerAt: number, now: number): GapSummary {
  const { open } = summary;
  const between = [...summary.between, { from: lastAnswerAt, to: now, isGap: open !== undefined }].slice(-REMEMBERED);
  const closed = open && gapFrom(open.startedAt, now);
  return { ...summary, between, open: undefined, longestClosed: longer(summary.longestClosed, closed) };
}

/**
 * A failed probe that began before the last answer: the time between two answers in which it
 * began turns out to be a gap.
 */
function withLateFailure(summary: GapSummary, at: number): GapSummary {
  const index = summary.between.findIndex(({ to }) => at < to);
  const found = summary.between[index];
  if (found === undefined || found.isGap) return summary;
  const closed = gapFrom(found.from === -Infinity ? at : found.from, found.to);
  return {
    ...summary,
    gaps: summary.gaps + 1,
    between: summary.between.with(index, { ...found, isGap: true }),
    longestClosed: longer(summary.longestClosed, closed),
  };
}

/** The longest gap of all, be it over or not; undefined if no probe failed. */
export function longestIn({ longestClosed, open }: GapSummary): Gap | undefined {
  return longer(longestClosed, open);
}

/** The longest gap in samples of any order; undefined if none failed. */
export function longestGap(samples: readonly ProbeSample[]): Gap | undefined {
  const byEnd = samples.toSorted((a, b) => a.at + a.ms - (b.at + b.ms));
  return longestIn(byEnd.reduce(withProbe, noProbes));
}

function gapFrom(startedAt: number, endedAt: number): Gap {
  return { startedAt, endedAt, ms: endedAt - startedAt };
}

function longer(one: Gap | undefined, other: Gap | undefined): Gap | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.ms > one.ms ? other : one;
}
