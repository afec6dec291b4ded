import { readFile, rm, writeFile } from 'node:fs/promises';
import { EmbeddedServerRefused } from './embedded-server-refused.ts';
import { commandLineOf, endGroup } from './server-process.ts';

interface ServerRecord {
  /** The server, which leads its own process group. */
  readonly pid: number;
  /** The process that started it and watches over it. */
  readonly owner: number;
}

/** Writes beside the database file which process serves it, for the next `dev` after one that was killed. */
export async function recordServer(databaseFile: string, pid: number): Promise<void> {
  await writeFile(recordFile(databaseFile), `${JSON.stringify({ pid, owner: process.pid } satisfies ServerRecord)}\n`);
}

export async function forgetServer(databaseFile: string): Promise<void> {
  await rm(recordFile(databaseFile), { force: true });
}

/**
 * Ends a server that still holds the database file because its owner was killed, so that a new one can take the
 * file over: all that it knew is in the file. Rejects with `EmbeddedServerRefused` when its owner is alive.
 * Tells whether it ended one.
 */
export async function endLeftBehind(databaseFile: string, graceMs: number): Promise<boolean> {
  const server = await runningServer(databaseFile);
  if (server === undefined) return false;
  if (server.isOwned) {
    throw new EmbeddedServerRefused(
      `Process ${server.owner} is already running the Temporal server with ${databaseFile}. ` +
        'Use that one, or end it (Ctrl-C in its terminal) first.',
    );
  }
  await endGroup(server.pid, graceMs);
  return true;
}

/**
 * The server that holds the database file, and whether the process that started it still watches over it. That it is
 * this server is seen by its command line, as its process id may belong to another program by now.
 */
export async function runningServer(databaseFile: string): Promise<(ServerRecord & { isOwned: boolean }) | undefined> {
  const record = await readRecord(databaseFile);
  const commandLine = record && (await commandLineOf(record.pid));
  if (!record || !commandLine?.includes('server start-dev') || !commandLine.includes(databaseFile)) return undefined;
  const isOwned = record.owner !== process.pid && (await commandLineOf(record.owner))?.includes('node') === true;
  return { ...record, isOwned };
}

async function readRecord(databaseFile: string): Promise<ServerRecord | undefined> {
  try {
    const { pid, owner } = JSON.parse(await readFile(recordFile(databaseFile), 'utf8')) as ServerRecord;
    return Number.isInteger(pid) && Number.isInteger(owner) && pid > 1 ? { pid, owner } : undefined;
  } catch {
    return undefined;
  }
}

function recordFile(databaseFile: string): string {
  return `${databaseFile}.server.json`;
}
