import { type TemporalClient, connectClient } from '../temporal/connection.ts';
import { isServerAway } from './runs/temporal-errors.ts';
import { UserError } from './user-error.ts';

/** Does something with a connection to Temporal, and closes it. */
export async function withTemporal<T>(work: (temporal: TemporalClient) => Promise<T>): Promise<T> {
  const temporal = await connectClient();
  try {
    return await work(temporal);
  } catch (error) {
    if (!isServerAway(error)) throw error;
    throw new UserError(`The Temporal server at ${temporal.address} has stopped answering.`, {
      details: ['Runs are kept by the server and go on when it is back: `talos-rebuild watch` shows them.'],
      cause: error,
    });
  } finally {
    await temporal.close();
  }
}
