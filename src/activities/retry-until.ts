import { setTimeout as sleep } from 'node:timers/promises';
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
  const endsAt = Date.now() + step.remainingMs(limitMs);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      step.signal.throwIfAborted();
      if (Date.now() > endsAt) throw error;
      step.say(saying);
    }
    await sleep(retryEveryMs, undefined, { signal: step.signal });
  }
}
