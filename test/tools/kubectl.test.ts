import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findKubectl } from '../../scripts/kubectl.ts';
import { ToolMissing } from '../../src/tools/tool.ts';
import { startBench } from './bench.ts';

const silent = () => undefined;

describe('findKubectl', () => {
  test('takes the setting, then PATH, then what was built into the cache', async (t) => {
    const bench = await startBench(t);
    const cached = await writeKubectl(join(bench.cache, 'kubectl-1.35.3'), '1.35.3');
    assert.deepEqual(await find(), { path: cached, version: '1.35.3', source: 'cache' });

    const onPath = await writeKubectl(join(bench.path, 'kubectl'), '1.32.4-dispatcher');
    assert.deepEqual(await find(), { path: onPath, version: '1.32.4-dispatcher', source: 'path' });

    process.env['TALOS_REBUILD_TEST_KUBECTL'] = await writeKubectl(join(bench.folder, 'mine'), '1.30.0');
    assert.deepEqual(await find(), { path: join(bench.folder, 'mine'), version: '1.30.0', source: 'setting' });
  });

  test('says what to do when there is neither kubectl nor Go', async (t) => {
    await startBench(t);
    await assert.rejects(
      findKubectl({ install: true, report: silent }),
      (error) =>
        error instanceof ToolMissing && error.message.startsWith('kubectl is missing. Install kubectl on PATH'),
    );
  });
});

async function find() {
  return findKubectl({ install: false, report: silent });
}

async function writeKubectl(file: string, version: string): Promise<string> {
  const answer = JSON.stringify({ clientVersion: { gitVersion: `v${version}` } }, undefined, 2);
  await writeFile(file, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  return file;
}
