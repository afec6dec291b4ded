import type { ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeDamage } from './damaged-database.ts';
import { embeddedDefaults } from './embedded-defaults.ts';
import { EmbeddedServerRefused } from './embedded-server-refused.ts';
import { forgetServer, recordServer } from './left-behind.ts';
import { prepareServer } from './prepare-server.ts';
import { endGroup, signalGroup, startInOwnGroup } from './server-process.ts';

/** How long a server may take to end by itself, with its database closed in order. */
export const stopGraceMs = 10_000;
const startWithinMs = 60_000;
const firstPauseMs = 500;
const longestPauseMs = 30_000;
/** A server that served this long did not die of how it was started. */
const provenMs = 60_000;

export interface SupervisedServerSettings {
  readonly executable: string;
  readonly args: readonly string[];
  readonly address: string;
  readonly databaseFile: string | undefined;
  readonly logFile: string;
  readonly report: (line: string) => void;
}

/** A server process that is started again, after growing pauses, whenever it ends by itself. */
export class SupervisedServer {
  readonly restartListeners = new Set<() => void>();
  readonly #settings: SupervisedServerSettings;
  readonly #stopping = new AbortController();
  readonly #unwanted = new Promise<string>((resolve) =>
    this.#stopping.signal.addEventListener('abort', () => resolve('it is no longer wanted')),
  );
  #pid: number | undefined;
  #restarting: Promise<void> | undefined;
  #pauseMs = firstPauseMs;
  readonly #endWithUs = () => this.#pid !== undefined && signalGroup(this.#pid, 'SIGTERM');

  constructor(settings: SupervisedServerSettings) {
    this.#settings = settings;
  }

  /** The leader of the server's process group. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /**
   * Resolves when it serves; rejects with `EmbeddedServerRefused`, and leaves nothing behind, when it does not come up.
   */
  async start(): Promise<void> {
    process.on('exit', this.#endWithUs);
    await this.#launch();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    process.off('exit', this.#endWithUs);
    await this.#restarting;
    await this.#end();
  }

  async #launch(): Promise<void> {
    const { executable, args, address, databaseFile, logFile } = this.#settings;
    const log = openSync(logFile, 'a', 0o600);
    const { size: saidBefore } = fstatSync(log);
    const child = startInOwnGroup(executable, args, { log, endsWithUs: databaseFile === undefined });
    closeSync(log);
    const ended = endOf(child);
    const gaveUp = Promise.race([ended, this.#unwanted]);
    this.#pid = child.pid;
    try {
      if (databaseFile !== undefined && child.pid !== undefined) await recordServer(databaseFile, child.pid);
      await prepareServer(address, embeddedDefaults.namespace, gaveUp, startWithinMs);
    } catch (error) {
      await this.#end();
      const reason = error instanceof Error ? error.message : String(error);
      const words = await wordsSince(logFile, saidBefore);
      const damage = databaseFile === undefined ? undefined : describeDamage(databaseFile, words);
      throw new EmbeddedServerRefused(
        damage ?? `The Temporal server did not come up at ${address}: ${reason}.${lastOf(words, logFile)}`,
        { cause: error },
      );
    }
    void this.#restartAfter(ended, Date.now());
  }

  async #restartAfter(ended: Promise<string>, servesSince: number): Promise<void> {
    const reason = await ended;
    if (this.#stopping.signal.aborted) return;
    if (Date.now() - servesSince > provenMs) this.#pauseMs = firstPauseMs;
    const loss = this.#settings.databaseFile === undefined ? '; what it held in memory is lost' : '';
    this.#settings.report(`the Temporal server ${reason}${loss}; starting it again`);
    this.#restarting = this.#restart();
  }

  /** Tries until it serves again or is no longer wanted. */
  async #restart(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#end(); // what may be left of its group
      await sleep(this.#pauseMs, undefined, { signal }).catch(() => undefined);
      this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
      if (signal.aborted) return;
      try {
        await this.#launch();
        this.#settings.report('the Temporal server serves again');
        for (const listener of this.restartListeners) listener();
        return;
      } catch (error) {
        if (!signal.aborted) this.#settings.report(error instanceof Error ? error.message : String(error));
      }
    }
  }

  async #end(): Promise<void> {
    if (this.#pid !== undefined) await endGroup(this.#pid, stopGraceMs);
    this.#pid = undefined;
    if (this.#settings.databaseFile !== undefined) await forgetServer(this.#settings.databaseFile);
  }
}

/** Resolves with the reason when the process has ended. */
async function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started (${error.message})`));
    child.once('exit', (code, signal) => resolve(`ended by itself (${signal ?? `code ${code}`})`));
  });
}

/** What the server wrote after the first so many bytes, which are of earlier starts. */
async function wordsSince(logFile: string, bytes: number): Promise<string> {
  const whole = await readFile(logFile).catch(() => Buffer.alloc(0));
  return whole.subarray(bytes).toString();
}

function lastOf(words: string, logFile: string): string {
  const lines = words.trim().split('\n').slice(-3);
  return ` Its last words, in ${logFile}:\n  ${lines.join('\n  ').slice(-1_000)}`;
}
