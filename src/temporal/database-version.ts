import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { EmbeddedServerRefused } from './embedded-server-refused.ts';

/**
 * A database file is good for one version of the server: another may misread it. So the version stands beside the file, in
 * `<file>.server-version`, from before the file is made. Rejects with `EmbeddedServerRefused`, and changes nothing, when
 * the server at hand is of another major or minor version.
 */
export async function claimDatabase(
  databaseFile: string,
  server: { version: string; executable: string },
): Promise<void> {
  const versionFile = `${databaseFile}.server-version`;
  if (!existsSync(databaseFile)) {
    await writeLastingly(versionFile, `${server.version}\n`);
    return;
  }
  const written = await readFile(versionFile, 'utf8').then(
    (text) => text.trim() || undefined,
    () => undefined,
  );
  if (written !== undefined && minorOf(written) === minorOf(server.version)) return;
  const seen =
    written === undefined
      ? `It is not known which version of the Temporal server wrote ${databaseFile}: ${versionFile} is missing.`
      : `${databaseFile} was written by Temporal server ${written}, and ${server.executable} has server ${server.version}.`;
  const keep =
    written === undefined
      ? `write the version into that file, such as ${server.version},`
      : `name a Temporal CLI that has server ${minorOf(written)} with TALOS_REBUILD_TEMPORAL,`;
  throw new EmbeddedServerRefused(
    `${seen} Nothing was changed. Either ${keep} or begin with an empty history: mv '${databaseFile}' '${databaseFile}.old'`,
  );
}

function minorOf(version: string): string {
  return version.replace(/^v/, '').split('.').slice(0, 2).join('.');
}

/** A power cut leaves no empty file: without the version, the database could not be used any more. */
async function writeLastingly(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text, { flush: true });
  await rename(draft, file);
}
