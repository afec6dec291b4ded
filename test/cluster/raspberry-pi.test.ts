import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadCluster } from '../../src/cluster/load-cluster.ts';
import { readPatchFile } from '../../src/cluster/patch-files.ts';
import { talosctl } from '../talos/real-talosctl.ts';
import { writeFiles } from './cluster-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const example = fileURLToPath(new URL('../../examples/raspberry-pi/cluster.yaml', import.meta.url));
const run = (...args: string[]) => promisify(execFile)(talosctl.binary, args, { timeout: 30_000 });

/** Generates a machine configuration for the 1.13 contract with these patches, and has talosctl judge it. */
async function validate(t: TestContext, type: 'controlplane' | 'worker', patches: readonly string[]): Promise<string> {
  const file = path.join(await temporaryFolder(t), `${type}.yaml`);
  const options = ['--talos-version', 'v1.13', '--kubernetes-version', '1.36.0', '--install-disk', '/dev/mmcblk0'];
  const applied = patches.flatMap((patch) => ['--config-patch', `@${patch}`]);
  await run('gen', 'config', 'home', 'https://192.168.1.10:6443', '-t', type, '-o', file, ...options, ...applied);
  await run('validate', '--mode', 'metal', '--strict', '--config', file);
  return readFile(file, 'utf8');
}

describe('examples/raspberry-pi', () => {
  test('is a cluster without mistakes or warnings', async () => {
    const { definition, warnings } = await loadCluster(example);
    assert.deepEqual(warnings, []);
    assert.deepEqual(
      definition.nodes.map(({ name, role, address, link }) => [name, role, address, link]),
      [
        ['pi-11', 'controlplane', '192.168.1.11', 'end0'],
        ['pi-12', 'controlplane', '192.168.1.12', 'end0'],
        ['pi-13', 'controlplane', '192.168.1.13', 'end0'],
        ['pi-14', 'worker', '192.168.1.14', 'end0'],
      ],
    );
  });

  test('has patches that the real talosctl takes for every machine', async (t) => {
    const { definition } = await loadCluster(example);
    for (const node of definition.nodes) {
      await validate(t, node.role, [...definition.patches.all, ...definition.patches[node.role], ...node.patches]);
    }
  });

  test('finds the old disk without a way to format it, and only on node 11', async () => {
    const { definition } = await loadCluster(example);
    const storage = await readPatchFile(definition.nodes[0]?.patches[0] ?? '');
    assert.deepEqual(
      storage.map(({ kind }) => kind),
      ['ExistingVolumeConfig'],
    );
    assert.deepEqual(
      definition.nodes.map(({ patches }) => patches.length),
      [1, 0, 0, 0],
    );
  });

  test('would be noticed by talosctl if the disk’s selector were wrong', async (t) => {
    const { definition } = await loadCluster(example);
    const folder = await temporaryFolder(t);
    const right = await readFile(definition.nodes[0]?.patches[0] ?? '', 'utf8');
    await writeFiles(folder, { 'wrong.yaml': right.replace('900u', '900') });
    await assert.rejects(validate(t, 'controlplane', [path.join(folder, 'wrong.yaml')]), /volume selector is invalid/);
  });
});
