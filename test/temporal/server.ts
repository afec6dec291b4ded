import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { connectionSettings } from '../../src/temporal/connection-settings.ts';
import {
  type EmbeddedServer,
  type EmbeddedServerOptions,
  startEmbeddedServer,
} from '../../src/temporal/embedded-server.ts';
import { findTemporal } from '../../src/tools/temporal.ts';

/** The Temporal CLI that the tests run with. */
export async function temporalExecutable(): Promise<string> {
  return (await findTemporal({ install: true, report: (line) => process.stderr.write(`${line}\n`) })).path;
}

/** The real server on ports of its own, gone with the test. */
export async function startServer(
  t: Pick<TestContext, 'after'>,
  options: Partial<EmbeddedServerOptions> & { readonly folder: string },
): Promise<EmbeddedServer> {
  const { folder, ...rest } = options;
  const executable = await temporalExecutable();
  const server = await startEmbeddedServer({ executable, port: 0, logFile: join(folder, 'server.log'), ...rest });
  t.after(() => server.stop());
  return server;
}

/** Settings that lead to this server and come from nowhere else. */
export function settingsOf(server: EmbeddedServer) {
  return connectionSettings({ TEMPORAL_ADDRESS: server.address, TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' });
}
