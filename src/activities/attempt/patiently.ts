import { setTimeout as sleep } from 'node:timers/promises';
import { mayPass } from '../../talos/errors.ts';

/** How long a machine that is there may fail to tell something before a person is asked, in ms. */
const patienceMs = 15_000;

const againAfterMs = 500;

/**
 * Reads something from a machine, again and again while it fails in a way that may pass: a call that was lost or met a
 * busy machine is no reason to ask a person. Only for what changes nothing. Throws the last failure.
 */
export async function patiently<T>(signal: AbortSignal, read: () => Promise<T>, forMs = patienceMs): Promise<T> {
  const endsAt = Date.now() + forMs;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error) || Date.now() > endsAt) throw error;
      await sleep(againAfterMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
