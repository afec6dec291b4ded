import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { verifyChecksums } from '../../../src/cluster/checksums.ts';
import { readLink } from '../../../src/cluster/links.ts';
import { startActivityLab } from '../activity-lab.ts';
import { isFailure } from '../attempt.ts';

describe('backUp', () => {
  test('saves the set, every configuration, a kubeconfig and etcd for nobody but the owner, and overwrites nothing', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    const { backup: name, missing: lost } = await lab.carryOut('backUp', lab.whole);
    assert.deepEqual(lost, []);
    const folder = path.join(lab.folder.backups, name);

    const saved = await filesIn(folder);
    const set = ['controlplane.yaml', 'secrets.yaml', 'talosconfig', 'worker.yaml'].map((file) => `set/${file}`);
    assert.deepEqual(saved, ['SHA256SUMS', 'etcd.snapshot', 'kubeconfig', 'nodes/cp-1.yaml', 'nodes/w-1.yaml', ...set]);
    assert.equal(
      await readFile(path.join(folder, 'nodes', 'cp-1.yaml'), 'utf8'),
      lab.machine('cp-1').inspect().configuration,
    );
    for (const file of saved) assert.equal(await modeOf(path.join(folder, file)), '600', file);
    for (const one of [folder, path.join(folder, 'nodes'), path.join(folder, 'set')])
      assert.equal(await modeOf(one), '700', one);
    assert.equal((await lab.record()).backup, name);
    assert.equal(await readLink(lab.folder.path, 'automation-old'), '2025-01-01');

    const sums = await readFile(path.join(folder, 'SHA256SUMS'), 'utf8');
    const { backup: again } = await lab.carryOut('backUp', lab.whole);
    assert.notEqual(again, name);
    assert.equal(await readFile(path.join(folder, 'SHA256SUMS'), 'utf8'), sums);
    await verifyChecksums(folder);
    await verifyChecksums(path.join(lab.folder.backups, again));

    // The checksums tell of a single letter that is another.
    await appendFile(path.join(folder, 'nodes', 'w-1.yaml'), '#');
    await assert.rejects(verifyChecksums(folder), /nodes\/w-1\.yaml has changed/);
  });

  test('says what could not be had because etcd is down, and saves the rest', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2', 'w-1'] });
    lab.lab.faults.inject({
      method: 'EtcdSnapshot',
      phase: 'before',
      action: { refuse: { code: 14, message: 'etcdserver: no leader' } },
    });
    const { backup: name, missing: lost } = await lab.carryOut('backUp', lab.whole);
    const folder = path.join(lab.folder.backups, name);

    const missing = await readFile(path.join(folder, 'MISSING'), 'utf8');
    assert.deepEqual(lost, [missing.trimEnd()]);
    assert.match(missing, /^the etcd snapshot: cp-1 .*; cp-2 .*no leader/);
    assert.doesNotMatch(missing, /kubeconfig/);
    assert.deepEqual(
      (await filesIn(folder)).filter((file) => !file.startsWith('set/')),
      ['MISSING', 'SHA256SUMS', 'kubeconfig', 'nodes/cp-1.yaml', 'nodes/cp-2.yaml', 'nodes/w-1.yaml'],
    );
    await verifyChecksums(folder);
  });

  test('takes the snapshot from another control plane where the first has none', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2'] });
    const refuse = { code: 14, message: 'etcdserver: no leader' };
    lab.lab.faults.inject({ machine: 'cp-1', method: 'EtcdSnapshot', phase: 'before', action: { refuse } });
    const saved = await filesIn(path.join(lab.folder.backups, (await lab.carryOut('backUp', lab.whole)).backup));

    assert.ok(saved.includes('etcd.snapshot'));
    assert.ok(!saved.includes('MISSING'));
  });

  test('fails when a configuration cannot be saved, since the machine could not be given it back', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    lab.machine('w-1').powerOff();

    await assert.rejects(lab.carryOut('backUp', lab.whole), isFailure('NodeUnreachable', /^w-1: .*unreachable/));
    assert.equal((await lab.record()).backup, undefined);
  });
});

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

async function modeOf(file: string): Promise<string> {
  return ((await stat(file)).mode & 0o777).toString(8);
}
