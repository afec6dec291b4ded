import type { TemporalClient } from '../temporal/connection.ts';
import { UserError } from './user-error.ts';

type Runs = typeof import('./runs/index.ts');

/**
 * Does something with a connection to Temporal, and closes it. Hands over what can be done with runs, too: Temporal's
 * client is loaded only here, so that a command which ends before does not wait for it.
 */
export async function withTemporal<T>(work: (temporal: TemporalClient, runs: Runs) => Promise<T>): Promise<T> {
  const [{ connectClient }, runs, { isServerAway }] = await Promise.all([
    import('../temporal/connection.ts'),
    import('./runs/index.ts'),
    import('./runs/temporal-errors.ts'),
  ]);
  const temporal = await connectClient();
  try {
    return await work(temporal, runs);
  } catch (error) {
    if (!isServerAway(error)) throw error;
    throw new UserError(`The Temporal server at ${temporal.address} has stopped answering.`, {
      details: [
        'Runs are kept by the server and go on when it is back: `talos-rebuild watch` shows them, and whether it got what you sent.',
      ],
      cause: error,
    });
  } finally {
    await temporal.close();
  }
}
