import assert from 'node:assert/strict';
import { rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { openFolder } from '../../src/cluster/folder.ts';
import type { ClusterFolder } from '../../src/cluster/folder.ts';
import { linkNames, readLink } from '../../src/cluster/links.ts';
import {
  currentSet,
  discardNew,
  keepCurrentSet,
  listSets,
  newSet,
  pendingSet,
  promote,
} from '../../src/cluster/sets.ts';
import { Failure } from '../../src/run/failure.ts';
import { killedBefore } from './interruption.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const day = new Date('2026-11-22T10:00:00Z');
const open = async (t: TestContext): Promise<ClusterFolder> => openFolder(await temporaryFolder(t));

/** Where the three links point: current, old, new. */
async function links(folder: ClusterFolder): Promise<(string | undefined)[]> {
  return Promise.all(linkNames.map((name) => readLink(folder.path, name)));
}

describe('newSet', () => {
  test('is named after the day and stays the same until promoted or discarded', async (t) => {
    const folder = await open(t);
    const set = await newSet(folder, day);
    await writeFile(set.secrets, 'drawn once');

    assert.equal(set.name, '2026-11-22');
    assert.deepEqual(await newSet(folder, new Date('2026-12-24')), set);
    assert.deepEqual(await links(folder), [undefined, undefined, '2026-11-22']);
  });

  test('takes another name where the day has a set, which is kept', async (t) => {
    const folder = await open(t);
    await newSet(folder, day);
    await discardNew(folder);
    await discardNew(folder);

    assert.equal((await newSet(folder, day)).name, '2026-11-22-2');
    assert.deepEqual(
      (await listSets(folder)).map(({ name }) => name),
      ['2026-11-22', '2026-11-22-2'],
    );
  });

  test('has one set in the end, wherever it is killed', async (t) => {
    for (let step = 0, killed = true; killed; step++) {
      const folder = await open(t);
      killed = await killedBefore(step, () => newSet(folder, day));
      const set = await newSet(folder, day);
      assert.deepEqual(await links(folder), [undefined, undefined, set.name], `step ${step}`);
    }
  });
});

describe('promote', () => {
  test('makes a first build’s set the one in use', async (t) => {
    const folder = await open(t);
    await promote(folder, (await newSet(folder, day)).name);
    assert.deepEqual(await links(folder), ['2026-11-22', undefined, undefined]);
  });

  test('keeps the set that was in use as the old one, however often it is run', async (t) => {
    const folder = await open(t);
    await promote(folder, (await newSet(folder, day)).name);
    const next = await newSet(folder, day);
    await keepCurrentSet(folder);
    assert.deepEqual(await links(folder), ['2026-11-22', '2026-11-22', '2026-11-22-2']);

    await promote(folder, next.name);
    await promote(folder, next.name);

    assert.deepEqual(await links(folder), ['2026-11-22-2', '2026-11-22', undefined]);
  });

  test('ends the same, wherever it is killed, and there always is a set in use', async (t) => {
    for (let step = 0, killed = true; killed; step++) {
      const folder = await open(t);
      await promote(folder, (await newSet(folder, day)).name);
      const next = await newSet(folder, day);

      killed = await killedBefore(step, () => promote(folder, next.name));
      assert.ok(await currentSet(folder), `step ${step}`);
      await promote(await openFolder(folder.path), next.name);

      assert.deepEqual(await links(folder), ['2026-11-22-2', '2026-11-22', undefined], `step ${step}`);
    }
  });

  test('refuses a set that is not the new one, and changes nothing', async (t) => {
    const folder = await open(t);
    await newSet(folder, day);
    await assert.rejects(
      promote(folder, '2020-01-01'),
      (error) => error instanceof Failure && error.type === 'FilesDamaged',
    );
    assert.deepEqual(await links(folder), [undefined, undefined, '2026-11-22']);
  });
});

test('a link to a set that is gone, or out of the folder, is said to be damage', async (t) => {
  const folder = await open(t);
  const set = await newSet(folder, day);
  await rm(set.path, { recursive: true });
  await assert.rejects(pendingSet(folder), /automation-new points to sets\/2026-11-22, which is not there →/);
  await symlink('/tmp', path.join(folder.path, 'automation'));
  await assert.rejects(currentSet(folder), /automation points to \/tmp, outside of sets\/ →/);
});
