import { join } from 'node:path';
import { connectClient } from '../temporal/connection.ts';
import { ForeignDatabase } from '../temporal/database-version.ts';
import { embeddedDefaults } from '../temporal/embedded-defaults.ts';
import { EmbeddedServerRefused } from '../temporal/embedded-server-refused.ts';
import { startEmbeddedServer } from '../temporal/embedded-server.ts';
import { serverForDatabase } from '../temporal/server-for-database.ts';
import { findTemporal, temporalVersions } from '../tools/temporal.ts';

export interface DevServer {
  readonly address: string;
  readonly uiUrl: string;
  readonly namespace: string;
  /** Where its data is, or whose it is. */
  readonly kept: string;
  stop(): Promise<void>;
}

interface DevServerPlace {
  /** The database stays here over restarts; one server serves all clusters of this user. */
  readonly folder: string;
  readonly logFile: string;
  readonly port: number;
  readonly uiPort: number;
}

/**
 * Starts the embedded server, or uses the one that another `dev` runs already at the same place. Rejects with
 * `EmbeddedServerRefused` or `ToolMissing`.
 */
export async function openServer(place: DevServerPlace, report: (line: string) => void): Promise<DevServer> {
  const { path } = await findTemporal({ install: true, report });
  const version = (await temporalVersions(path))?.server;
  const databaseFile = join(place.folder, 'temporal.db');
  try {
    const asked = { databaseFile, logFile: place.logFile, report };
    const executable = version === undefined ? path : await serverForDatabase({ version, executable: path }, asked);
    const server = await startEmbeddedServer({ ...place, executable, databaseFile, report });
    return { ...server, kept: `database ${databaseFile}`, stop: () => server.stop() };
  } catch (error) {
    // A wrong version is never worked around.
    if (!(error instanceof EmbeddedServerRefused) || error instanceof ForeignDatabase) throw error;
    const other = await serverAt(place).catch(() => undefined);
    if (other === undefined) throw error;
    report(`${error.message}\nUsing the Temporal server that answers at ${other.address}.`);
    return other;
  }
}

async function serverAt({ port, uiPort }: DevServerPlace): Promise<DevServer> {
  const address = `127.0.0.1:${port}`;
  const found = await connectClient({ address, namespace: embeddedDefaults.namespace, options: { address } });
  await found.close();
  return {
    address,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    namespace: found.namespace,
    kept: 'run by another process',
    stop: async () => undefined,
  };
}
