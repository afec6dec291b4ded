import { rmSync } from 'node:fs';
import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { newFolder } from './temporary-folder.ts';

const made = new Map<string, Promise<string>>();
let own: Promise<string> | undefined;

/**
 * A folder with something costly that no test changes, such as drawn secrets or bundled workflows: made by the first
 * test that needs it, for all files of one `npm test`, or for this file where it runs alone. `make` fills an empty
 * folder that may be moved afterwards.
 */
export function madeOnce(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const known = made.get(name) ?? findOrMake(name, make);
  made.set(name, known);
  return known;
}

async function findOrMake(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const shared = process.env['TALOS_REBUILD_TEST_SHARED'] ?? (await (own ??= ownFolder()));
  const place = path.join(shared, name);
  if (await isThere(place)) return place;
  const unfinished = await mkdtemp(`${place}-`);
  await make(unfinished);
  try {
    await rename(unfinished, place);
  } catch (error) {
    if (!(await isThere(place))) throw error;
    await rm(unfinished, { recursive: true }); // another file was faster
  }
  return place;
}

async function ownFolder(): Promise<string> {
  const folder = await newFolder();
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function isThere(place: string): Promise<boolean> {
  return stat(place).then(
    () => true,
    () => false,
  );
}
