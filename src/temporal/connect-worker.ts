import { NativeConnection } from '@temporalio/worker';
import { type ConnectionSettings, connectionSettings } from './connection-settings.ts';
import { connectClient, unreachable } from './connection.ts';

/**
 * Connects a worker. The same settings and the same errors as `connectClient`; needs `installRuntime` before. Apart
 * from the client's connection because it loads Temporal's native core, which a command has no use for.
 */
export async function connectWorker(settings: ConnectionSettings = connectionSettings()): Promise<NativeConnection> {
  // The client says in time and in clear words what is wrong; the native connection waits longer and says less.
  await (await connectClient(settings)).close();
  return NativeConnection.connect(settings.options).catch((error: unknown) => {
    throw unreachable(settings.address, error);
  });
}
