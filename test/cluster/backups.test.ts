import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { makeBackup, sealBackup } from '../../src/cluster/backups.ts';
import { openFolder } from '../../src/cluster/folder.ts';
import { writeFiles } from './cluster-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const day = new Date('2026-11-22T23:59:59Z');

test('every backup gets a folder of its own, also when two begin at once', async (t) => {
  const folder = await openFolder(await temporaryFolder(t));
  const backups = await Promise.all([makeBackup(folder, day), makeBackup(folder, day), makeBackup(folder, day)]);
  assert.deepEqual(backups.map(({ name }) => name).toSorted(), ['2026-11-22', '2026-11-22-2', '2026-11-22-3']);
});

test('a sealed backup says what was in it', async (t) => {
  const folder = await openFolder(await temporaryFolder(t));
  const backup = await makeBackup(folder, day);
  await writeFiles(backup.path, { 'etcd.snapshot': 'x' });
  await sealBackup(backup);
  assert.match(await readFile(path.join(backup.path, 'SHA256SUMS'), 'utf8'), /^[0-9a-f]{64} {2}etcd\.snapshot\n$/);
});
