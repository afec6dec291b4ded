import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { EmbeddedServerRefused } from './embedded-server-refused.ts';

/** A server at hand: its version, as `1.32.0`, and the Temporal CLI that has it. */
export interface ServerAtHand {
  readonly version: string;
  readonly executable: string;
}

/** The database is not for the server at hand, and nothing can be started with it until a person has decided. */
export class ForeignDatabase extends EmbeddedServerRefused {}

/**
 * A database file is good for one version of the server: another may misread it, and `start-dev` lays its schema only
 * into a new file. So the version stands beside the file, in `<file>.server-version`, from before the file is made.
 * Rejects with `ForeignDatabase`, and changes nothing, when the server at hand is of another major or minor version.
 */
export async function claimDatabase(databaseFile: string, server: ServerAtHand): Promise<void> {
  if (!existsSync(databaseFile)) {
    await writeLastingly(versionFileOf(databaseFile), `${server.version}\n`);
    return;
  }
  const written = await writtenBy(databaseFile);
  if (written !== undefined && minorOf(written) === minorOf(server.version)) return;
  throw foreignDatabase(databaseFile, written, server);
}

/** The version of the server that wrote the database, or is about to; undefined when that is not known. */
export async function writtenBy(databaseFile: string): Promise<string | undefined> {
  return readFile(versionFileOf(databaseFile), 'utf8').then(
    (text) => text.trim() || undefined,
    () => undefined,
  );
}

/** What to tell the person who has to decide. */
export function foreignDatabase(
  databaseFile: string,
  written: string | undefined,
  server: ServerAtHand,
): ForeignDatabase {
  const seen =
    written === undefined
      ? `It is not known which version of the Temporal server wrote ${databaseFile}: ${versionFileOf(databaseFile)} is missing.`
      : `${databaseFile} was written by Temporal server ${written}, and ${server.executable} has server ${server.version}.`;
  const keep =
    written === undefined
      ? `write the version into that file, such as ${server.version},`
      : `name a Temporal CLI that has server ${minorOf(written)} with TALOS_REBUILD_TEMPORAL,`;
  return new ForeignDatabase(
    `${seen} Nothing was changed. Either ${keep} or begin with an empty history: mv '${databaseFile}' '${databaseFile}.old'. ` +
      "What was done to the machines is written down in each cluster's folder, and `talos-rebuild start` goes on from there.",
  );
}

/**
 * Renames a database that nobody has open, so that a new one can begin; never over another file. Gives its new name.
 */
export async function putAside(databaseFile: string, version: string): Promise<string> {
  let aside = `${databaseFile}.server-${version}`;
  for (let count = 2; existsSync(aside); count += 1) aside = `${databaseFile}.server-${version}.${count}`;
  // SQLite leaves none of the first three when it was closed in order; beside a new file they
  // would be taken for its own.
  for (const end of ['-wal', '-shm', '-journal', '', '.server-version']) {
    if (existsSync(databaseFile + end)) await rename(databaseFile + end, aside + end);
  }
  return aside;
}

/** `1.32` of `1.32.0`. */
export function minorOf(version: string): string {
  return version.replace(/^v/, '').split('.').slice(0, 2).join('.');
}

function versionFileOf(databaseFile: string): string {
  return `${databaseFile}.server-version`;
}

/** A power cut leaves no empty file: without the version, the database could not be used any more. */
async function writeLastingly(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text, { flush: true });
  await rename(draft, file);
}
