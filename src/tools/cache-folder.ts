import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * The folder for programs that were downloaded or built, after the XDG base directory rules; it holds
 * several versions side by side.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base && isAbsolute(base) ? base : join(homedir(), '.cache'), 'talos-rebuild', 'bin');
}

/** The same, made if it is not there yet. */
export async function ensureCacheFolder(): Promise<string> {
  const folder = cacheFolder();
  await mkdir(folder, { recursive: true });
  return folder;
}
