import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { readClusterName } from '../../src/cluster/cluster-name.ts';
import { temporaryFolder } from '../temporary-folder.ts';

test('the name is read from a file with mistakes elsewhere, and not from one without a proper name', async (t) => {
  const file = path.join(await temporaryFolder(t), 'cluster.yaml');
  const nameIn = async (text: string): Promise<string | undefined> => {
    await writeFile(file, text);
    return readClusterName(file);
  };
  assert.equal(await nameIn('name: home\nsecrets: old\nvip: 5\nnames: x\n'), 'home');
  assert.equal(await nameIn('name: Not A Name\n'), undefined);
  assert.equal(await nameIn('- name: home\n'), undefined);
  assert.equal(await nameIn('name: "home\n'), undefined);
  assert.equal(await nameIn(''), undefined);
});
