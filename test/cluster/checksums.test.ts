import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { verifyChecksums, writeChecksums } from '../../src/cluster/checksums.ts';
import { Failure } from '../../src/run/failure.ts';
import { writeFiles } from './cluster-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('checksums', () => {
  test('cover every file in every subfolder, and sha256sum agrees', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, { talosconfig: 'a', 'nodes/pi-11.yaml': 'b', 'nodes/pi 12.yaml': '' });
    await writeChecksums(folder);

    await verifyChecksums(folder);
    const { stdout } = await promisify(execFile)('sha256sum', ['-c', 'SHA256SUMS'], { cwd: folder });
    assert.equal(stdout, 'nodes/pi 12.yaml: OK\nnodes/pi-11.yaml: OK\ntalosconfig: OK\n');
  });

  test('name every file that is changed, missing or new', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, { a: '1', b: '2', c: '3' });
    await writeChecksums(folder);
    await writeFile(path.join(folder, 'a'), 'x');
    await rm(path.join(folder, 'b'));
    await writeFile(path.join(folder, 'd'), '');

    await assert.rejects(verifyChecksums(folder), (error) => {
      assert.ok(error instanceof Failure && error.type === 'FilesDamaged');
      assert.deepEqual(error.details, ['a has changed', 'b is missing', 'd is not in SHA256SUMS']);
      return true;
    });
  });

  test('do not pass where the list itself is missing', async (t) => {
    await assert.rejects(verifyChecksums(await temporaryFolder(t)), /has no SHA256SUMS/);
  });
});
