import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** `from './x.ts'`, `import './x.ts'`, `new URL('./x.ts', import.meta.url)`. */
const named = /(['"`])(\.{1,2}\/[^'"`\s]+\.(?:ts|mjs))\1/g;

/**
 * The files of the project that these ones import, and those behind them, themselves among them. Absolute
 * paths; packages are left out.
 */
export async function filesBehind(files: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const follow = async (file: string): Promise<void> => {
    if (found.has(file)) return;
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return; // what only looks like a path
    found.add(file);
    await Promise.all([...text.matchAll(named)].map(([, , path = '']) => follow(resolve(dirname(file), path))));
  };
  await Promise.all(files.map(follow));
  return found;
}
