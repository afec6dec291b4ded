import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../run/failure.ts';
import { isTemporary, writeFileAtomic } from '../files/atomic-write.ts';
import { displayPath } from './paths.ts';

const listName = 'SHA256SUMS';

/** Writes SHA256SUMS over all files of a folder and its subfolders, in the format of `sha256sum`. */
export async function writeChecksums(folder: string): Promise<void> {
  const lines: string[] = [];
  for (const file of await listFiles(folder)) lines.push(`${await sha256OfFile(path.join(folder, file))}  ${file}\n`);
  await writeFileAtomic(path.join(folder, listName), lines.join(''));
}

/**
 * Reads every file of a folder again. Fails with `FilesDamaged` that names each file that is missing,
 * changed or not in SHA256SUMS.
 */
export async function verifyChecksums(folder: string): Promise<void> {
  const expected = await readList(folder);
  const present = new Set(await listFiles(folder));
  const damage: string[] = [];
  for (const [file, sha256] of expected) {
    if (!present.delete(file)) damage.push(`${file} is missing`);
    else if ((await sha256OfFile(path.join(folder, file))) !== sha256) damage.push(`${file} has changed`);
  }
  for (const file of present) damage.push(`${file} is not in ${listName}`);
  if (damage.length === 0) return;
  throw new Failure(
    'FilesDamaged',
    `${displayPath(folder)} is not what was written: ${damage.join(', ')} → find out who changed it; do not rely on it`,
    { details: damage },
  );
}

/** SHA-256 of a file's content, hex. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function readList(folder: string): Promise<Map<string, string>> {
  let text: string;
  try {
    text = await readFile(path.join(folder, listName), 'utf8');
  } catch (cause) {
    const remedy = 'it was not finished, or somebody removed the list; do not rely on it';
    throw new Failure('FilesDamaged', `${displayPath(folder)} has no ${listName} → ${remedy}`, { cause });
  }
  return new Map(
    text.split('\n').flatMap((line) => (line === '' ? [] : [[line.slice(66), line.slice(0, 64)] as const])),
  );
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !isTemporary(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((file) => file !== listName)
    .toSorted((a, b) => (a < b ? -1 : 1));
}
