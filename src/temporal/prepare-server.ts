import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { ensureSearchAttributes } from './search-attributes.ts';

/** Evidence of a rebuild stays as long as people ask about it. */
const retentionSeconds = 90 * 24 * 60 * 60;

/**
 * Waits until a server that was just started serves the namespace, then gives it our retention and search attributes.
 * `gaveUp` ends the wait at once: it tells why the server will not come up, or that it is no longer wanted.
 */
export async function prepareServer(
  address: string,
  namespace: string,
  gaveUp: Promise<string>,
  withinMs: number,
): Promise<void> {
  const connection = Connection.lazy({ address, channelArgs: { 'grpc.enable_http_proxy': 0 } });
  const over = gaveUp.then((reason): never => {
    throw new GaveUp(reason);
  });
  const abort = new AbortController();
  let attempt: Promise<void> | undefined;
  try {
    for (const until = Date.now() + withinMs; ;) {
      try {
        attempt = connection.withAbortSignal(abort.signal, () => prepare(connection, namespace));
        await Promise.race([attempt, over]);
        return;
      } catch (error) {
        if (error instanceof GaveUp || Date.now() > until) throw error;
        await sleep(50);
      }
    }
  } finally {
    over.catch(() => undefined); // it may still come, and nobody waits for it any more
    abort.abort(); // a call that would be tried again on a closed connection throws where nobody can catch it
    await attempt?.catch(() => undefined);
    await connection.close();
  }
}

class GaveUp extends Error {}

/** May be done any number of times. */
async function prepare(connection: Connection, namespace: string): Promise<void> {
  await connection.withDeadline(Date.now() + 3_000, async () => {
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: { seconds: retentionSeconds as never } },
    });
    await ensureSearchAttributes(connection, namespace);
  });
}
