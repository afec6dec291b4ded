import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createFileAtomic, writeFileAtomic } from '../files/atomic-write.ts';

/** A file of the user's own, or undefined where there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Puts new content into a file of the user's own. The former one is kept beside it as `.old` (`.old-2`, … where there
 * is one); resolves with where, or with undefined where there was no file.
 */
export async function replaceUserFile(
  file: string,
  former: string | undefined,
  content: string,
): Promise<string | undefined> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const kept = former === undefined ? undefined : await keepFormer(file, former);
  await writeFileAtomic(file, content);
  return kept;
}

/** Keeps the former content under the first name that is free or holds it already. */
async function keepFormer(file: string, content: string): Promise<string> {
  for (let count = 1; ; count++) {
    const old = count === 1 ? `${file}.old` : `${file}.old-${count}`;
    if ((await createFileAtomic(old, content)) || (await readIfThere(old)) === content) return old;
  }
}
