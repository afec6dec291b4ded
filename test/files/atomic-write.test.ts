import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { createFileAtomic, isTemporary, writeFileAtomic } from '../../src/files/atomic-write.ts';
import { killedBefore } from '../cluster/interruption.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('writeFileAtomic', () => {
  test('writes for the owner alone and leaves nothing else behind', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFileAtomic(path.join(folder, 'a'), 'secret');
    assert.equal((await stat(path.join(folder, 'a'))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ['a']);
  });

  test('shows the old content or the new, wherever it is killed, and what it leaves is known as temporary', async (t) => {
    const folder = await temporaryFolder(t);
    const file = path.join(folder, 'a');
    for (let step = 0; ; step++) {
      await writeFile(file, 'old');
      const killed = await killedBefore(step, () => writeFileAtomic(file, 'new'));
      const content = await readFile(file, 'utf8');
      assert.ok(content === 'old' || content === 'new', content);
      assert.deepEqual(
        (await readdir(folder)).filter((name) => !isTemporary(name)),
        ['a'],
      );
      if (!killed) {
        assert.equal(content, 'new');
        return;
      }
    }
  });
});

describe('createFileAtomic', () => {
  test('never replaces a file, and only one of many succeeds', async (t) => {
    const folder = await temporaryFolder(t);
    const file = path.join(folder, 'a');
    const made = await Promise.all(['1', '2', '3', '4'].map((content) => createFileAtomic(file, content)));
    assert.equal(made.filter(Boolean).length, 1);
    assert.equal(await readFile(file, 'utf8'), String(made.indexOf(true) + 1));
    assert.deepEqual(await readdir(folder), ['a']);
  });
});
