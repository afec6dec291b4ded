import { setTimeout as delay } from 'node:timers/promises';

/** Longer timers would end at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Simulated time: it starts with the wall clock's and passes `speed` times as fast. All durations are
 * in simulated milliseconds.
 */
export class Clock {
  readonly speed: number;
  readonly #startedAt = performance.timeOrigin + performance.now();

  constructor(speed: number) {
    this.speed = speed;
  }

  /** Simulated milliseconds since the epoch, fractional. */
  now(): number {
    return this.#startedAt + (this.wallNow() - this.#startedAt) * this.speed;
  }

  /** Real milliseconds since the epoch, fractional: the journal's time. */
  wallNow(): number {
    return performance.timeOrigin + performance.now();
  }

  /** Passes simulated time. Rejects with the signal's reason as soon as it is aborted. */
  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (let left = durationMs / this.speed; left > 0; left -= longestTimerMs) {
      await delay(Math.min(left, longestTimerMs), undefined, { signal }).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error;
      });
    }
  }
}
