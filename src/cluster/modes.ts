import { chmod, lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * Takes every right of group and others away from a path and all that is below it; symbolic links are not followed.
 * Returns the paths that had been looser.
 */
export async function mendModes(target: string): Promise<string[]> {
  const stats = await lstat(target);
  if (stats.isSymbolicLink()) return [];
  const mended: string[] = [];
  if ((stats.mode & 0o077) !== 0) {
    await chmod(target, stats.mode & 0o700);
    mended.push(target);
  }
  if (!stats.isDirectory()) return mended;
  for (const name of await readdir(target)) mended.push(...(await mendModes(path.join(target, name))));
  return mended;
}
