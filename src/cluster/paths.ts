import { homedir } from 'node:os';
import path from 'node:path';

/** The absolute path of what a file names: `~` is the home folder, anything relative starts at `base`. */
export function resolvePath(base: string, named: string): string {
  if (named === '~' || named.startsWith('~/')) return path.join(homedir(), named.slice(1));
  return path.resolve(base, named);
}

/** The path as a person wants to read it: relative where the file is below the working directory. */
export function displayPath(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}
