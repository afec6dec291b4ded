import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { connectionSettings } from '../../src/temporal/connection-settings.ts';
import {
  type EmbeddedServer,
  type EmbeddedServerOptions,
  startEmbeddedServer,
} from '../../src/temporal/embedded-server.ts';
import { temporal } from '../programs/temporal.ts';

/** The real server on ports of its own, gone with the test. */
export async function startServer(
  t: Pick<TestContext, 'after'>,
  options: Partial<EmbeddedServerOptions> & { readonly folder: string },
): Promise<EmbeddedServer> {
  const { folder, ...rest } = options;
  const server = await startEmbeddedServer({
    executable: temporal,
    port: 0,
    logFile: join(folder, 'server.log'),
    ...rest,
  });
  t.after(() => server.stop());
  return server;
}

/** Settings that lead to this server and come from nowhere else. */
export function settingsOf(server: Pick<EmbeddedServer, 'address'>) {
  return connectionSettings({ TEMPORAL_ADDRESS: server.address, TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' });
}
