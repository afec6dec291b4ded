/** A gate that lets so many through at once; the others wait in the order in which they came. */
export type Gate = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * Makes a gate for `limit` pieces of work at once. A caller that is aborted while it waits leaves the
 * queue with `signal.reason`.
 */
export function atMost(limit: number): Gate {
  let running = 0;
  const waiting: (() => void)[] = [];

  const enter = (signal: AbortSignal | undefined): Promise<void> => {
    if (running < limit) {
      running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(start), 1);
        reject(signal?.reason);
      };
      waiting.push(start);
      signal?.addEventListener('abort', leave, { once: true });
    });
  };
  // The place goes over to the next in the queue, so nobody who comes meanwhile can take it.
  const exit = (): void => {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  };

  return async (work, signal) => {
    signal?.throwIfAborted();
    await enter(signal);
    try {
      return await work();
    } finally {
      exit();
    }
  };
}
