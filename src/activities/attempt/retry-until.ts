import type { Step } from './step.ts';

const retryEveryMs = 250;

/**
 * Does something that may fail for a while, until it succeeds or the step's time is over: then the last failure is thrown. What it does must
 * be safe to do many times.
 */
export async function retryUntil<T>(
  step: Step,
  limitMs: number,
  saying: string,
  attempt: () => Promise<T>,
): Promise<T> {
  let last: unknown;
  const { done } = await step.until(
    async () => {
      try {
        return { done: await attempt() };
      } catch (error) {
        step.signal.throwIfAborted();
        last = error;
        step.say(saying);
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
