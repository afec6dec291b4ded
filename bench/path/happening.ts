/** Something that happened in a rebuild, and what had to be there first. */
export interface Happening {
  /** A machine's name, or `cluster`. */
  readonly machine: string;
  readonly what: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly after: readonly Happening[];
  /** Whose time passes since the last of `after`: a machine takes as long as it takes, we could have acted at once. */
  readonly time: 'machine' | 'ours';
}

/** One happening of a chain, with the time since the one before it. */
export interface Segment {
  readonly machine: string;
  readonly what: string;
  readonly time: Happening['time'];
  readonly ms: number;
}

/** A happening's time since the beginning, by some way of counting. */
type Count = (happening: Happening) => number;

/**
 * The least time in which the end could have been reached by these machines, in ms: each happening comes after the last
 * of what it needs (maximum), plus the machine's own time (sum). Our time counts nothing, so a pause of ours that
 * others went on through costs nothing, and one that held everything up is not taken for theirs.
 */
export function leastTime(end: Happening): { readonly ms: number; readonly segments: readonly Segment[] } {
  const known = new Map<Happening, number>();
  const count: Count = (happening) => {
    const before = known.get(happening);
    if (before !== undefined) return before;
    const own = happening.time === 'machine' ? happening.at - latest(happening, (one) => one.at) : 0;
    const ms = Math.max(0, ...happening.after.map(count)) + own;
    known.set(happening, ms);
    return ms;
  };
  return { ms: count(end), segments: chainTo(end, count) };
}

/** The chain in which each happening waited for the one before it, as it really went, with our time in it. */
export function courseTo(end: Happening): readonly Segment[] {
  return chainTo(end, (happening) => happening.at);
}

/** Back from the end to the beginning, each time to what was there last. */
function chainTo(end: Happening, count: Count): Segment[] {
  const segments: Segment[] = [];
  for (let happening: Happening | undefined = end; happening !== undefined;) {
    const { machine, what, time, after }: Happening = happening;
    const before: Happening | undefined = after.toSorted((a, b) => count(b) - count(a))[0];
    const ms: number = before === undefined ? 0 : count(happening) - count(before);
    segments.unshift({ machine, what, time, ms });
    happening = before;
  }
  return segments;
}

/** The last of what a happening needs; without any it is the beginning itself. */
function latest(happening: Happening, count: Count): number {
  return happening.after.length === 0 ? happening.at : Math.max(...happening.after.map(count));
}
