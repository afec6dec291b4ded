import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { startDevArguments } from '../tools/start-dev.ts';
import { temporalVersions } from '../tools/temporal.ts';
import { embeddedDefaults } from './embedded-defaults.ts';
import { claimDatabase } from './database-version.ts';
import { EmbeddedServerRefused } from './embedded-server-refused.ts';
import { freePort } from './free-port.ts';
import { endLeftBehind } from './left-behind.ts';
import { SupervisedServer, stopGraceMs } from './supervised-server.ts';

/**
 * The server asks each of its queues at most 20 times a second, which makes every step of a workflow cost 100 ms;
 * without that limit it is about 20. Pausing a workflow is off by default; a version that does not know it ignores
 * it. A frozen worker's requests for work stay open for more than a minute, and each is given a step that nobody
 * carries out: the server asks every 3 seconds whether the other side is alive, and forgets it before the step's
 * heartbeat timeout of 10 s.
 */
export const dynamicConfiguration = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  'system.enableActivityEagerExecution=true',
  'frontend.WorkflowPauseEnabled=true',
  'frontend.keepAliveTime="3s"',
  'frontend.keepAliveTimeout="5s"',
] as const;

/** How to start the embedded server. All paths may be relative to the working directory. */
export interface EmbeddedServerOptions {
  /** The Temporal CLI, as `findTemporal` gives it. */
  readonly executable: string;
  /**
   * Where everything is kept over restarts. Without it everything is in memory, and the server also ends
   * when this process is killed.
   */
  readonly databaseFile?: string | undefined;
  /** For programs, 7233 unless given; 0 takes any that is free. */
  readonly port?: number | undefined;
  /** For the browser, 8233 unless given, or any when `port` is 0. */
  readonly uiPort?: number | undefined;
  /** The server's own output is appended here. */
  readonly logFile: string;
  /** Told in one line when something happened that a person may want to know. */
  readonly report?: ((line: string) => void) | undefined;
}

/** A running server, watched over: it is started again when it ends by itself. */
export interface EmbeddedServer {
  /** `127.0.0.1:7233`. */
  readonly address: string;
  /** `http://127.0.0.1:8233`. */
  readonly uiUrl: string;
  readonly namespace: string;
  readonly version: string;
  /** The process that leads the server's group, so that its end can be watched; undefined between two starts. */
  pid(): number | undefined;
  /** Called each time it serves again after it ended by itself. */
  onRestart(listener: () => void): void;
  /** Ends it and forgets it. Safe to call twice. */
  stop(): Promise<void>;
}

const attemptsAtAnyPort = 5;

/**
 * Starts `temporal server start-dev` on 127.0.0.1 and resolves when it serves namespace `default` with our
 * retention and search attributes. Rejects with `EmbeddedServerRefused`: a port that is taken, a database of
 * another server version or in use, a server that does not come up. A server that a killed process left behind with
 * this database file is replaced.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { executable } = options;
  const report = options.report ?? (() => undefined);
  const logFile = resolve(options.logFile);
  const databaseFile = options.databaseFile === undefined ? undefined : resolve(options.databaseFile);
  const version = (await temporalVersions(executable))?.server;
  if (version === undefined)
    throw new EmbeddedServerRefused(`${executable} does not answer \`--version\` as a Temporal CLI does.`);

  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
  if (databaseFile !== undefined) {
    await mkdir(dirname(databaseFile), { recursive: true, mode: 0o700 });
    if (await endLeftBehind(databaseFile, stopGraceMs))
      report('ended the Temporal server that a killed process had left behind');
    await claimDatabase(databaseFile, { version, executable });
  }
  const wantsAnyPort = options.port === 0;
  for (let attempt = 1; ; attempt += 1) {
    const port = await claimPort(options.port ?? embeddedDefaults.port, 'for programs');
    const uiPort = await claimPort(options.uiPort ?? (wantsAnyPort ? 0 : embeddedDefaults.uiPort), 'for the Web UI');
    const address = `${embeddedDefaults.host}:${port}`;
    const { host } = embeddedDefaults;
    const args = startDevArguments({ host, port, uiPort, databaseFile, dynamicConfiguration });
    const server = new SupervisedServer({ executable, args, address, databaseFile, logFile, report });
    try {
      await server.start();
    } catch (error) {
      await server.stop();
      // Another program was faster to take one of the ports: where any will do, others are as good.
      const isPortLost = error instanceof Error && /address already in use/.test(error.message);
      if (wantsAnyPort && isPortLost && attempt < attemptsAtAnyPort) continue;
      throw error;
    }
    return {
      address,
      uiUrl: `http://${embeddedDefaults.host}:${uiPort}`,
      namespace: embeddedDefaults.namespace,
      version,
      pid: () => server.pid,
      onRestart: (listener) => server.restartListeners.add(listener),
      stop: () => server.stop(),
    };
  }
}

async function claimPort(wanted: number, purpose: string): Promise<number> {
  const port = await freePort(embeddedDefaults.host, wanted);
  if (port !== undefined) return port;
  throw new EmbeddedServerRefused(
    `Port ${wanted} on ${embeddedDefaults.host}, which the Temporal server needs ${purpose}, is taken by another program. ` +
      'If that is a Temporal server, use it as it is; else end that program or choose another port.',
  );
}
