import { lstat, mkdir, readlink, rename, rm, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../run/failure.ts';
import { syncFolder } from '../files/atomic-write.ts';
import { displayPath } from './paths.ts';

/** The links in a cluster's folder: to the set that is in use, to the one before, and to the one that is being made. */
export const linkNames = ['automation', 'automation-old', 'automation-new'] as const;

export type LinkName = (typeof linkNames)[number];

/**
 * The name of the set that a link points to; `undefined` where there is no such link. Fails with
 * `FilesDamaged` if the set is gone.
 */
export async function readLink(folder: string, name: LinkName): Promise<string | undefined> {
  const kind = await kindOf(path.join(folder, name));
  if (kind === undefined) return undefined;
  if (kind !== 'link')
    throw damaged(folder, name, 'is no link', 'restart the worker, which moves a plain folder into sets/');
  const target = path.resolve(folder, await readlink(path.join(folder, name)));
  if (path.dirname(target) !== path.join(folder, 'sets')) {
    throw damaged(
      folder,
      name,
      `points to ${displayPath(target)}, outside of sets/`,
      `put the folder itself at ${name}`,
    );
  }
  if ((await kindOf(target)) !== 'folder') {
    const remedy = `bring the folder back from a backup, or remove the link if the set is not needed any more`;
    throw damaged(folder, name, `points to sets/${path.basename(target)}, which is not there`, remedy);
  }
  return path.basename(target);
}

/**
 * Points a link to a set. At no moment is there no link, or one that points elsewhere than to the old or the new set.
 */
export async function switchLink(folder: string, name: LinkName, set: string): Promise<void> {
  const next = path.join(folder, `.${name}.next`);
  await rm(next, { force: true });
  await symlink(path.join('sets', set), next);
  await rename(next, path.join(folder, name));
  await syncFolder(folder);
}

/** Removes a link, not the set. */
export async function removeLink(folder: string, name: LinkName): Promise<void> {
  if ((await kindOf(path.join(folder, name))) !== 'link') return;
  await unlink(path.join(folder, name));
  await syncFolder(folder);
}

/**
 * Moves plain folders that stand where links belong into `sets/` and links them. Before the move, the marker
 * `.<name>.adopting` points to the place; with it, a move that was interrupted anywhere is finished at the next start.
 */
export async function adoptPlainFolders(folder: string, now: Date = new Date()): Promise<void> {
  for (const name of linkNames) await adopt(folder, name, now);
}

async function adopt(folder: string, name: LinkName, now: Date): Promise<void> {
  const place = path.join(folder, name);
  const marker = path.join(folder, `.${name}.adopting`);
  const kind = await kindOf(place);
  if (kind === 'file') throw damaged(folder, name, 'is a file', 'move it away: a link to a set belongs there');
  if ((await kindOf(marker)) === 'link') {
    const target = path.resolve(folder, await readlink(marker));
    // The move has happened, its link has not.
    if (kind === undefined && (await kindOf(target)) === 'folder') await rename(marker, place);
    // The move has not happened, or had been finished: what follows begins anew.
    else await unlink(marker);
  }
  if (kind !== 'folder') return;
  const set = await unusedName(path.join(folder, 'sets'), dateOf(now));
  await symlink(path.join('sets', set), marker);
  await syncFolder(folder);
  await rename(place, path.join(folder, 'sets', set));
  await syncFolder(path.join(folder, 'sets'));
  await rename(marker, place);
  await syncFolder(folder);
}

/**
 * Makes a folder named after the day, with a number where the day has one already; an existing
 * folder is never used again.
 */
export async function makeDatedFolder(parent: string, now: Date): Promise<string> {
  for (;;) {
    const name = await unusedName(parent, dateOf(now));
    try {
      await mkdir(path.join(parent, name), { mode: 0o700 });
      await syncFolder(parent);
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function unusedName(parent: string, base: string): Promise<string> {
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if ((await kindOf(path.join(parent, name))) === undefined) return name;
  }
}

function dateOf(now: Date): string {
  return now.toISOString().slice(0, 10);
}

async function kindOf(target: string): Promise<'folder' | 'link' | 'file' | undefined> {
  try {
    const stats = await lstat(target);
    return stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'file';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function damaged(folder: string, name: string, what: string, remedy: string): Failure {
  return new Failure('FilesDamaged', `${displayPath(path.join(folder, name))} ${what} → ${remedy}`);
}
