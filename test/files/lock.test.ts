import assert from 'node:assert/strict';
import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { takeLock } from '../../src/files/lock.ts';
import type { Lock, NotTaken } from '../../src/files/lock.ts';
import { processStart } from '../../src/files/process-start.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function had(lock: Lock | NotTaken): Lock {
  assert.ok(typeof lock === 'object' && 'release' in lock, `it was not taken: ${JSON.stringify(lock)}`);
  return lock;
}

describe('the lock of a process that is alive and shows nothing of itself', () => {
  const heldInSilence = async (folder: string): Promise<string> => {
    const file = path.join(folder, 'lock');
    await writeFile(file, JSON.stringify({ pid: process.ppid, started: await processStart(process.ppid), since: '' }));
    await utimes(file, new Date(0), new Date(0));
    return file;
  };

  test('stays its own where nobody may do the same work twice', async (t) => {
    const file = await heldInSilence(await temporaryFolder(t));
    const lock = await takeLock(file);
    assert.ok(typeof lock === 'object' && 'heldBy' in lock);
    assert.equal(lock.heldBy.pid, process.ppid);
  });

  test('is taken over where that does no harm', async (t) => {
    const folder = await temporaryFolder(t);
    const lock = had(await takeLock(await heldInSilence(folder), { silentAtMostMs: 30_000 }));
    assert.equal(lock.takenOverFrom, process.ppid);
    await lock.release();
    assert.deepEqual(await readdir(folder), []);
  });
});

test('a holder that has to show itself does so, however long it holds the lock', { timeout: 60_000 }, async (t) => {
  const file = path.join(await temporaryFolder(t), 'lock');
  t.mock.timers.enable({ apis: ['setInterval'] });
  const options = { silentAtMostMs: 30_000 };
  const lock = had(await takeLock(file, options));
  await utimes(file, new Date(0), new Date(0)); // as if it had been silent until now
  const { mtimeMs: before } = await stat(file);
  t.mock.timers.tick(5000);
  while ((await stat(file)).mtimeMs === before);
  assert.ok('heldBy' in ((await takeLock(file, options)) as object));
  await lock.release();
});

test('a process is known by its start, and a process that is gone by none', async () => {
  assert.equal(await processStart(process.pid), await processStart(process.pid));
  assert.notEqual(await processStart(process.pid), await processStart(process.ppid));
  assert.equal(await processStart(2 ** 22 + 1), undefined);
});
