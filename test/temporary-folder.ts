import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A new empty folder that goes when the test ends. */
export async function temporaryFolder(t: Pick<TestContext, 'after'>): Promise<string> {
  const folder = await newFolder();
  t.after(() => removeFolder(folder));
  return folder;
}

/** A new empty folder that stays until it is removed. */
export async function newFolder(): Promise<string> {
  return mkdtemp(join(await realpath(tmpdir()), 'talos-rebuild-test-'));
}

/** A process that is about to end may still write into the folder, so this tries more than once. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
