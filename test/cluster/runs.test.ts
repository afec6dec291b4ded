import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { openFolder } from '../../src/cluster/folder.ts';
import { loadCluster } from '../../src/cluster/load-cluster.ts';
import { readRunCluster } from '../../src/cluster/run-copy.ts';
import { updateRunRecord } from '../../src/cluster/run-record.ts';
import { openRun, unfinishedRuns } from '../../src/cluster/runs.ts';
import type { NewRun } from '../../src/cluster/runs.ts';
import { Failure } from '../../src/run/failure.ts';
import { clusterYaml, writeFiles } from './cluster-folder.ts';
import { killedBefore } from './interruption.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const patch = (value: string): string => `machine: { sysctls: { a: ${value} } }\n`;

/** A cluster.yaml with patches of equal names in two folders and a manifest, and an open cluster folder. */
async function prepare(t: TestContext) {
  const place = await temporaryFolder(t);
  await writeFiles(place, {
    'home/cluster.yaml': clusterYaml({
      patches: '{ all: [p.yaml, ../shared/p.yaml], worker: [p.yaml] }',
      afterBootstrap: '{ manifests: [cni.yaml], commands: [[helm, upgrade]] }',
    }),
    'home/p.yaml': patch('own'),
    'shared/p.yaml': patch('shared'),
    'home/cni.yaml': 'kind: ConfigMap\n',
  });
  const clusterFile = path.join(place, 'home/cluster.yaml');
  return { place, clusterFile, folder: await openFolder(path.join(place, 'secrets')) };
}

const runAt = (hour: number, clusterFile: string): NewRun => ({
  operation: 'rebuild',
  runId: `019a0000-0000-7000-8000-00000000000${hour}`,
  startedAt: `2026-11-22T0${hour}:30:00.000Z`,
  clusterFile,
});

describe('openRun', () => {
  test('copies cluster.yaml and all that it names, and once there is a plan never reads the originals again', async (t) => {
    const { place, clusterFile, folder } = await prepare(t);
    const original = await loadCluster(clusterFile);
    const run = await openRun(folder, runAt(1, clusterFile));
    assert.equal(run.name, '2026-11-22T01-30-00Z-00000001');
    await updateRunRecord(run.path, (record) => {
      record.planDigest = 'sha256:0';
    });
    await rm(path.join(place, 'home'), { recursive: true });
    await rm(path.join(place, 'shared'), { recursive: true });

    const { cluster } = await openRun(folder, runAt(1, clusterFile));

    assert.deepEqual(cluster, run.cluster);
    assert.equal(cluster.source, clusterFile);
    const { patches, afterBootstrap, ...rest } = cluster.definition;
    const { patches: _originals, afterBootstrap: commands, ...same } = original.definition;
    assert.deepEqual(rest, same);
    assert.deepEqual(afterBootstrap.commands, commands.commands);
    const contents = await Promise.all([...patches.all, ...patches.worker].map((file) => readFile(file, 'utf8')));
    assert.deepEqual(contents, [patch('own'), patch('shared'), patch('own')]);
    for (const file of [...patches.all, ...afterBootstrap.manifests])
      assert.ok(file.startsWith(`${run.path}/files/`), file);
    assert.equal((await stat(path.join(run.path, 'cluster.yaml'))).mode & 0o777, 0o600);
  });

  test('takes in what a person mended, as long as there is no plan', async (t) => {
    const { clusterFile, folder } = await prepare(t);
    await openRun(folder, runAt(1, clusterFile));
    await writeFile(clusterFile, clusterYaml({ secrets: 'keep' }));
    assert.equal((await openRun(folder, runAt(1, clusterFile))).cluster.definition.secrets, 'keep');
  });

  test('notices a copy that was changed', async (t) => {
    const { clusterFile, folder } = await prepare(t);
    const run = await openRun(folder, runAt(1, clusterFile));
    await writeFile(run.cluster.definition.patches.all[0] ?? '', patch('other'));
    await assert.rejects(
      readRunCluster(run.path),
      (error) =>
        error instanceof Failure &&
        error.type === 'FilesDamaged' &&
        /files\/01-p\.yaml is not the copy/.test(error.message),
    );
  });

  test('shows a whole run or none, wherever it is killed', async (t) => {
    const { clusterFile, folder } = await prepare(t);
    for (let step = 0, killed = true; killed; step++) {
      const run = { ...runAt(1, clusterFile), runId: `run-${10_000_000 + step}` };
      killed = await killedBefore(step, () => openRun(folder, run));
      const visible = (await readdir(folder.runs)).filter((name) => name.endsWith(String(10_000_000 + step)));
      for (const name of visible) await readRunCluster(path.join(folder.runs, name));
      assert.equal((await openRun(folder, run)).cluster.definition.name, 'home');
    }
  });

  test('gives two attempts that run at once the same run', async (t) => {
    const { clusterFile, folder } = await prepare(t);
    const runs = await Promise.all([1, 2, 3].map(() => openRun(folder, runAt(1, clusterFile))));
    assert.equal(new Set(runs.map((run) => run.path)).size, 1);
    assert.equal((await readdir(folder.runs)).length, 1);
  });

  test('makes nothing for a cluster.yaml with mistakes', async (t) => {
    const { clusterFile, folder } = await prepare(t);
    await writeFile(clusterFile, clusterYaml({ secrets: 'old' }));
    await assert.rejects(openRun(folder, runAt(1, clusterFile)), (error) => error instanceof Failure);
    assert.deepEqual(await readdir(folder.runs), []);
  });
});

describe('unfinishedRuns', () => {
  test('finds the run that touched machines and vanished, though later runs were only plans', async (t) => {
    const { clusterFile, folder } = await prepare(t);
    const first = await openRun(folder, runAt(1, clusterFile));
    await openRun(folder, runAt(2, clusterFile));
    assert.deepEqual(await unfinishedRuns(folder, 'rebuild'), []);

    await updateRunRecord(first.path, (record) => {
      record.nodes['a'] = { resetSentAt: '2026-11-22T01:40:00Z' };
    });

    assert.equal((await unfinishedRuns(folder, 'rebuild'))[0]?.run.name, first.name);
    assert.deepEqual(await unfinishedRuns(folder, 'rebuild', runAt(1, clusterFile).runId), []);
  });

  test('remembers the bootstrap node of an aborted run, and forgets it once a later run rebuilt the cluster', async (t) => {
    const { clusterFile, folder } = await prepare(t);
    const first = await openRun(folder, runAt(1, clusterFile));
    await updateRunRecord(first.path, (record) => {
      record.bootstrap = { node: 'a', chosenAt: '2026-11-22T01:50:00Z' };
      record.outcome = 'aborted';
    });
    assert.equal((await unfinishedRuns(folder, 'rebuild'))[0]?.record.bootstrap?.node, 'a');

    const second = await openRun(folder, runAt(2, clusterFile));
    await updateRunRecord(second.path, (record) => {
      record.nodes['a'] = { appliedAt: '2026-11-22T02:50:00Z' };
      record.outcome = 'rebuilt';
    });
    assert.deepEqual(await unfinishedRuns(folder, 'rebuild'), []);
  });
});
