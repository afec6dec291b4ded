import type { Attempt } from './attempt.ts';

const retryEveryMs = 250;

/**
 * Does something that may fail for a while, until it succeeds or the time is over: then the last failure is thrown.
 * What it does must be safe to do many times.
 */
export async function retryUntil<T>(
  attempt: Attempt,
  limitMs: number,
  saying: string,
  act: () => Promise<T>,
): Promise<T> {
  let last: unknown;
  const { done } = await attempt.until(
    async () => {
      try {
        return { done: await act() };
      } catch (error) {
        attempt.signal.throwIfAborted();
        last = error;
        attempt.say(saying);
      }
    },
    {
      limitMs,
      everyMs: retryEveryMs,
      late: () => {
        throw last;
      },
    },
  );
  return done;
}
