import type { Effect, EffectEntry, JournalEntry, StateAspect, StateEntry } from '../../simulator/src/lab.ts';
import type { Happening } from './happening.ts';

/**
 * Finds in a simulator's journal what machines went through. Requests are left out: what we asked
 * for is no machine's time.
 */
export class StateHistory {
  readonly #states: readonly StateEntry[];
  readonly #effects: readonly EffectEntry[];

  constructor(journal: readonly JournalEntry[]) {
    const sorted = journal.toSorted((a, b) => a.at - b.at);
    this.#states = sorted.filter((entry) => entry.kind === 'state');
    this.#effects = sorted.filter((entry) => entry.kind === 'effect');
  }

  /** Where a machine, or any of several, first took one of these values since `since` (ms since the epoch). */
  find(
    machines: readonly string[],
    aspect: StateAspect,
    values: readonly string[],
    since: number,
  ): StateEntry | undefined {
    return this.#states.find(
      (entry) =>
        machines.includes(entry.machine) &&
        entry.aspect === aspect &&
        values.includes(entry.value) &&
        entry.at >= since,
    );
  }

  /** The same; throws, naming the machine, when it never did. */
  get(machines: readonly string[], aspect: StateAspect, values: readonly string[], since: number): StateEntry {
    return this.find(machines, aspect, values, since) ?? missing(machines, `${aspect} ${values.join(' or ')}`);
  }

  /** Where something happened to one of these machines since `since`, or undefined. */
  effect(machines: readonly string[], effect: Effect, since: number): EffectEntry | undefined {
    return this.#effects.find(
      (entry) => machines.includes(entry.machine) && entry.effect === effect && entry.at >= since,
    );
  }
}

/** What machine time led to. */
export function byMachine(
  { machine, at }: StateEntry | EffectEntry,
  what: string,
  after: readonly Happening[],
): Happening {
  return { machine, what, at, after, time: 'machine' };
}

/** What we made happen, and could have made happen as soon as `after` was there. */
export function byUs({ machine, at }: StateEntry | EffectEntry, what: string, after: readonly Happening[]): Happening {
  return { machine, what, at, after, time: 'ours' };
}

export function missing(machines: readonly string[], what: string): never {
  throw new Error(`${machines.join(', ')}: the journal does not show: ${what}. It is not that of a whole rebuild.`);
}
