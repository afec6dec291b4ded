import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { readRunRecord, updateRunRecord, writeRunRecord } from '../../src/cluster/run-record.ts';
import { Failure } from '../../src/run/failure.ts';
import { temporaryFolder } from '../temporary-folder.ts';

test('changes that come at once are all kept', async (t) => {
  const run = await temporaryFolder(t);
  await writeRunRecord(run, { operation: 'rebuild', runId: 'r', startedAt: '2026-11-22T00:00:00Z', nodes: {} });
  const names = Array.from({ length: 20 }, (_, index) => `node-${index}`);

  await Promise.all(
    names.map((name) =>
      updateRunRecord(run, (record) => {
        record.nodes[name] = { resetSentAt: 'now' };
      }),
    ),
  );

  assert.deepEqual(Object.keys((await readRunRecord(run)).nodes).toSorted(), names.toSorted());
});

test('a change that fails changes nothing and does not stop the next one', async (t) => {
  const run = await temporaryFolder(t);
  await writeRunRecord(run, { operation: 'rebuild', runId: 'r', startedAt: '2026-11-22T00:00:00Z', nodes: {} });
  const failing = updateRunRecord(run, (record) => {
    record.outcome = 'rebuilt';
    throw new Error('no');
  });
  const next = updateRunRecord(run, (record) => {
    record.planDigest = 'sha256:00';
  });

  await assert.rejects(failing, /no/);
  assert.deepEqual(await next, {
    operation: 'rebuild',
    runId: 'r',
    startedAt: '2026-11-22T00:00:00Z',
    nodes: {},
    planDigest: 'sha256:00',
  });
});

test('a record that is no JSON is said to be damaged', async (t) => {
  const run = await temporaryFolder(t);
  await writeFile(path.join(run, 'run.json'), '{');
  await assert.rejects(readRunRecord(run), (error) => error instanceof Failure && error.type === 'FilesDamaged');
});
