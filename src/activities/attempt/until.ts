import { setTimeout as sleep } from 'node:timers/promises';

/** How long something is looked at, and how often. */
export interface Patience<T> {
  /** In ms; at least one look is taken. `Infinity` where the look itself knows when to give up. */
  readonly limitMs: number;
  /** From the beginning of one look to that of the next, in ms. */
  readonly everyMs: number;
  /** Called at the end of the time: throws what a person should know, or says how else to go on. */
  readonly late: () => T;
}

/**
 * Looks again and again until `look` resolves with something, and resolves with that. What a look throws ends it. On
 * abort `signal.reason` is thrown, at once where it waits for the next look: a look has to heed the signal by itself.
 */
export async function until<T>(
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
  { limitMs, everyMs, late }: Patience<T>,
): Promise<T> {
  const endsAt = Date.now() + limitMs;
  for (;;) {
    signal.throwIfAborted();
    const begunAt = Date.now();
    const seen = await look();
    if (seen !== undefined) return seen;
    signal.throwIfAborted();
    if (Date.now() > endsAt) return late();
    const pauseMs = Math.max(0, begunAt + everyMs - Date.now());
    await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
