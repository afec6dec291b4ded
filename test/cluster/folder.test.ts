import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { openFolder, readFolderId } from '../../src/cluster/folder.ts';
import { currentSet, listSets } from '../../src/cluster/sets.ts';
import { Failure } from '../../src/run/failure.ts';
import { writeFiles } from './cluster-folder.ts';
import { killedBefore } from './interruption.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const mode = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

describe('openFolder', () => {
  test('makes the folder for the owner alone, with an id that stays', async (t) => {
    const place = path.join(await temporaryFolder(t), 'deep', 'secrets');
    assert.equal(await readFolderId(place), undefined);

    const first = await openFolder(place);
    const second = await openFolder(place);

    assert.match(first.id, /^[0-9a-f]{16}$/);
    assert.equal(second.id, first.id);
    assert.equal(await readFolderId(place), first.id);
    assert.deepEqual(first.warnings, []);
    for (const part of [first.path, first.sets, first.backups, first.runs]) assert.equal(await mode(part), 0o700);
    assert.equal(await mode(path.join(place, 'id')), 0o600);
  });

  test('gives two that open it at once the same id', async (t) => {
    const place = await temporaryFolder(t);
    const opened = await Promise.all([openFolder(place), openFolder(place), openFolder(place)]);
    assert.equal(new Set(opened.map(({ id }) => id)).size, 1);
  });

  test('mends modes that let others in, and warns', async (t) => {
    const place = await temporaryFolder(t);
    await openFolder(place);
    await writeFiles(place, { 'sets/2026-01-01/talosconfig': 'x' });
    await chmod(place, 0o755);
    await chmod(path.join(place, 'sets/2026-01-01'), 0o755);
    await chmod(path.join(place, 'sets/2026-01-01/talosconfig'), 0o644);

    const { warnings } = await openFolder(place);

    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0]?.seen ?? '',
      /the folder itself, sets\/2026-01-01, sets\/2026-01-01\/talosconfig; now only you can/,
    );
    assert.equal(await mode(place), 0o700);
    assert.equal(await mode(path.join(place, 'sets/2026-01-01/talosconfig')), 0o600);
    assert.deepEqual((await openFolder(place)).warnings, []);
  });

  test('leaves what else lies in the folder as it is', async (t) => {
    const place = await temporaryFolder(t);
    await writeFiles(place, { 'notes/mine.txt': 'x' });
    await chmod(path.join(place, 'notes/mine.txt'), 0o644);
    await openFolder(place);
    assert.equal(await mode(path.join(place, 'notes/mine.txt')), 0o644);
  });

  test('refuses the home folder, and a file', async (t) => {
    const file = path.join(await temporaryFolder(t), 'file');
    await writeFile(file, '');
    for (const place of [homedir(), '/', file]) {
      await assert.rejects(
        openFolder(place),
        (error) => error instanceof Failure && error.type === 'PreconditionsFailed',
      );
    }
  });
});

describe('a plain folder where a link belongs', () => {
  test('is moved into sets/ once and linked, its files untouched', async (t) => {
    const place = await temporaryFolder(t);
    await writeFiles(place, { 'automation/talosconfig': 'mine', 'automation/nodes/a.yaml': 'a' });

    const folder = await openFolder(place);
    await openFolder(place);

    const current = await currentSet(folder);
    assert.match(current?.name ?? '', /^\d{4}-\d\d-\d\d$/);
    assert.equal(await readlink(path.join(place, 'automation')), `sets/${current?.name}`);
    assert.equal(await readFile(path.join(place, 'automation/talosconfig'), 'utf8'), 'mine');
    assert.equal((await listSets(folder)).length, 1);
    assert.deepEqual(
      (await readdir(place)).filter((name) => name.startsWith('.')),
      [],
    );
  });

  test('is there whole and once, wherever the move is killed', async (t) => {
    for (let step = 0, killed = true; killed; step++) {
      const place = await temporaryFolder(t);
      await writeFiles(place, { 'automation/talosconfig': 'current', 'automation-old/talosconfig': 'old' });

      killed = await killedBefore(step, () => openFolder(place));
      const folder = await openFolder(place);

      assert.equal(await readFile(path.join(place, 'automation/talosconfig'), 'utf8'), 'current', `step ${step}`);
      assert.equal(await readFile(path.join(place, 'automation-old/talosconfig'), 'utf8'), 'old', `step ${step}`);
      assert.ok((await lstat(path.join(place, 'automation'))).isSymbolicLink());
      assert.equal((await listSets(folder)).length, 2, `step ${step}`);
      assert.deepEqual(
        (await readdir(place)).filter((name) => /adopting|next/.test(name)),
        [],
        `step ${step}`,
      );
    }
  });

  test('never goes over a set that is there', async (t) => {
    const place = await temporaryFolder(t);
    const today = new Date().toISOString().slice(0, 10);
    await mkdir(path.join(place, 'sets', today), { recursive: true });
    await writeFiles(place, { 'automation/talosconfig': 'x' });
    const current = await currentSet(await openFolder(place));
    assert.match(current?.name ?? '', /-2$/);
  });
});
