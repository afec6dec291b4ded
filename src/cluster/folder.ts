import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { Failure } from '../run/failure.ts';
import type { Finding } from '../run/findings.ts';
import { createFileAtomic } from '../files/atomic-write.ts';
import { adoptPlainFolders } from './links.ts';
import { mendModes } from './modes.ts';
import { displayPath } from './paths.ts';

/** The folder of one cluster: its secrets, backups and runs. All paths are absolute. */
export interface ClusterFolder {
  readonly path: string;
  /** A random name, made once: the worker that has the folder polls the task queue of this name. */
  readonly id: string;
  readonly sets: string;
  readonly backups: string;
  readonly runs: string;
  /** What had to be mended when the folder was opened. */
  readonly warnings: readonly Finding[];
}

/**
 * Opens a cluster's folder, and makes it where there is none. Modes looser than 0700 and 0600 are mended with a
 * warning; a plain folder where a link to a set belongs is moved into `sets/`. Fails with `PreconditionsFailed`
 * where the path cannot be used.
 */
export async function openFolder(folderPath: string): Promise<ClusterFolder> {
  const folder = path.resolve(folderPath);
  if (folder === homedir() || folder === path.parse(folder).root) {
    throw unusable(folder, 'it holds more than one cluster', 'name a folder of its own, such as ~/.talos-secrets');
  }
  const parts = {
    sets: path.join(folder, 'sets'),
    backups: path.join(folder, 'backups'),
    runs: path.join(folder, 'runs'),
  };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const mended = await mendFolder(folder);
    for (const part of Object.values(parts)) await mkdir(part, { recursive: true, mode: 0o700 });
    await adoptPlainFolders(folder);
    for (const part of Object.values(parts)) mended.push(...(await mendModes(part)));
    return { path: folder, id: await folderId(folder), ...parts, warnings: warningsAbout(folder, mended) };
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw unusable(
      folder,
      `${code} while opening it`,
      'check that it is a folder of yours on a disk with space',
      cause,
    );
  }
}

/** The id of a folder that is there already, without changing anything; `undefined` where it has none. */
export async function readFolderId(folderPath: string): Promise<string | undefined> {
  try {
    return (await readFile(path.join(folderPath, 'id'), 'utf8')).trim() || undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function mendFolder(folder: string): Promise<string[]> {
  const { mode } = await stat(folder);
  if ((mode & 0o077) === 0) return [];
  await chmod(folder, 0o700);
  return [folder];
}

async function folderId(folder: string): Promise<string> {
  const known = await readFolderId(folder);
  if (known !== undefined) return known;
  await createFileAtomic(path.join(folder, 'id'), `${randomBytes(8).toString('hex')}\n`);
  const made = await readFolderId(folder);
  if (made === undefined) throw unusable(folder, 'its file `id` is empty', 'remove the file; a new one is made');
  return made;
}

function warningsAbout(folder: string, mended: readonly string[]): Finding[] {
  if (mended.length === 0) return [];
  const names = mended.slice(0, 3).map((file) => (file === folder ? 'the folder itself' : path.relative(folder, file)));
  const more = mended.length > 3 ? ` and ${mended.length - 3} more` : '';
  return [
    {
      severity: 'warning',
      seen: `${displayPath(folder)}: others could read ${names.join(', ')}${more}; now only you can`,
      remedy: 'if anybody else has an account on this machine, take the secrets in it as known and draw new ones',
    },
  ];
}

function unusable(folder: string, why: string, remedy: string, cause?: unknown): Failure {
  return new Failure(
    'PreconditionsFailed',
    `${displayPath(folder)} cannot be the cluster's folder: ${why} → ${remedy}`,
    {
      cause,
    },
  );
}
