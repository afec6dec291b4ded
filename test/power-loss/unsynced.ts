import { lstat, readFile, readdir, stat, truncate } from 'node:fs/promises';
import path from 'node:path';

/** What `record-syncs.mjs` would have written had everything below `folder` been synced now. */
export async function asSynced(folder: string): Promise<string> {
  const lines: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const { ino, mtimeNs } = await lstat(path.join(entry.parentPath, entry.name), { bigint: true });
    lines.push(`${ino} ${mtimeNs}\n`);
  }
  return lines.join('');
}

/**
 * Takes away what a power cut may take at worst: the content of every file below `folder` that was not synced since its
 * last write, which file systems with delayed allocation leave empty under its new name. `log` is what
 * `record-syncs.mjs` wrote. Names stay, in the order in which they were made: a journal keeps that. Resolves with the
 * files that were emptied, relative to `folder`.
 */
export async function loseUnsynced(folder: string, log: string, isKept: (file: string) => boolean): Promise<string[]> {
  const synced = new Set((await readFile(log, 'utf8')).split('\n'));
  const lost: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file);
    if (!entry.isFile() || isKept(name)) continue;
    const { ino, mtimeNs, size } = await stat(file, { bigint: true });
    if (size === 0n || synced.has(`${ino} ${mtimeNs}`)) continue;
    await truncate(file, 0);
    lost.push(name);
  }
  return lost;
}
