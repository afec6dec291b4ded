import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { parse } from 'yaml';
import { verifyChecksums } from '../../../src/cluster/checksums.ts';
import { linkNames, readLink, switchLink } from '../../../src/cluster/links.ts';
import { setNamed } from '../../../src/cluster/sets.ts';
import { killedBefore } from '../../cluster/interruption.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { startActivityLab } from '../activity-lab.ts';
import type { ActivityLab, ActivityLabOptions } from '../activity-lab.ts';
import { isFailure } from '../attempt.ts';

/** A cluster that runs its new set, up to its last phase. */
async function rebuilt(t: TestContext, options: ActivityLabOptions = {}): Promise<ActivityLab> {
  const lab = await startActivityLab(t, { ...options, cluster: 'new' });
  await lab.lab.until(() => lab.machine('cp-1').inspect().isApiserverUp);
  return lab;
}

/** Where the three links point: in use, before, in the making. */
async function links({ folder }: ActivityLab): Promise<(string | undefined)[]> {
  return Promise.all(linkNames.map((name) => readLink(folder.path, name)));
}

/** What kubectl or talosctl would find of a file: the names of its contexts, and which one is in use. */
async function contextsOf(file: string): Promise<{ readonly names: string[]; readonly inUse: string }> {
  const config = parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  const { contexts } = config as { contexts: { name: string }[] | Record<string, unknown> };
  const names = Array.isArray(contexts) ? contexts.map(({ name }) => name) : Object.keys(contexts);
  return { names: names.toSorted(), inUse: String(config['current-context'] ?? config['context']) };
}

const otherKubeconfig = `# mine
apiVersion: v1
kind: Config
current-context: other
clusters: [{ name: other, cluster: { server: 'https://127.0.0.9:6443' } }]
users: [{ name: me, user: { token: none } }]
contexts: [{ name: other, context: { cluster: other, user: me } }]
`;

describe('finalize', () => {
  test('puts the new set in use, keeps the one that was, and seals it with checksums', async (t) => {
    const lab = await rebuilt(t);
    const { set: newSet } = lab.plan;
    assert.deepEqual((await links(lab)).slice(0, 1), ['2025-01-01']);
    await lab.carryOut('finalize', lab.whole);

    assert.deepEqual(await links(lab), [newSet, '2025-01-01', undefined]);
    await verifyChecksums(setNamed(lab.folder, newSet).path);
    assert.deepEqual((await contextsOf(setNamed(lab.folder, newSet).kubeconfig)).names, ['admin@home']);
  });

  test('has one effect, though it runs twice', async (t) => {
    const files = await temporaryFolder(t);
    const kubeconfig = path.join(files, 'config');
    await writeFile(kubeconfig, otherKubeconfig);
    const talosconfig = path.join(files, 'talosconfig');
    const lab = await rebuilt(t, { settings: `merge: { kubeconfig: ${kubeconfig}, talosconfig: ${talosconfig} }\n` });
    await lab.carryOut('finalize', lab.whole);
    const merged = await readFile(kubeconfig, 'utf8');
    await lab.carryOut('finalize', lab.whole);

    assert.deepEqual(await links(lab), [lab.plan.set, '2025-01-01', undefined]);
    assert.equal(await readFile(kubeconfig, 'utf8'), merged);
    assert.deepEqual(await contextsOf(talosconfig), { names: ['home'], inUse: 'home' });
    assert.deepEqual((await readdir(files)).toSorted(), ['config', 'config.old', 'talosconfig']);
  });

  test('is mended by the next attempt, wherever it is cut off', async (t) => {
    const files = await temporaryFolder(t);
    const kubeconfig = path.join(files, 'kube');
    // Cut off while it fetches the kubeconfig, it tries again for as long as verifying may take.
    const lab = await rebuilt(t, { settings: `merge: { kubeconfig: ${kubeconfig} }\n`, timeout: '10s' });
    const { set: newSet } = lab.plan;
    for (let step = 0, killed = true; killed; step++) {
      await switchLink(lab.folder.path, 'automation', '2025-01-01');
      await switchLink(lab.folder.path, 'automation-new', newSet);
      await writeFile(kubeconfig, otherKubeconfig);

      killed = await killedBefore(step, () => lab.carryOut('finalize', lab.whole));
      await lab.carryOut('finalize', lab.whole);
      assert.deepEqual(await links(lab), [newSet, '2025-01-01', undefined], `step ${step}`);
      await verifyChecksums(setNamed(lab.folder, newSet).path);
      assert.deepEqual((await contextsOf(kubeconfig)).names, ['home', 'other'], `step ${step}`);
      assert.equal(await readFile(`${kubeconfig}.old`, 'utf8'), otherKubeconfig, `step ${step}`);
    }
  });

  test('merges what cluster.yaml asks for, beside what the user has, and keeps the former file', async (t) => {
    const files = await temporaryFolder(t);
    const kubeconfig = path.join(files, 'config');
    await writeFile(kubeconfig, otherKubeconfig);
    const lab = await rebuilt(t, { settings: `merge: { kubeconfig: ${kubeconfig} }\n` });
    await lab.carryOut('finalize', lab.whole);

    assert.deepEqual(await contextsOf(kubeconfig), { names: ['home', 'other'], inUse: 'other' });
    assert.match(await readFile(kubeconfig, 'utf8'), /^# mine\n/);
    assert.equal(await readFile(`${kubeconfig}.old`, 'utf8'), otherKubeconfig);
    assert.deepEqual((await readdir(files)).toSorted(), ['config', 'config.old'], 'no talosconfig was asked for');
  });

  test('touches no file of the user when cluster.yaml asks for none', async (t) => {
    const home = await mkdtemp(path.join(await temporaryFolder(t), 'home-'));
    const { HOME: before } = process.env;
    process.env['HOME'] = home;
    t.after(() => void (process.env['HOME'] = before ?? ''));
    const lab = await rebuilt(t);
    await lab.carryOut('finalize', lab.whole);

    assert.deepEqual(await readdir(home), []);
  });

  test('changes nothing when the links were changed during the run', async (t) => {
    const lab = await rebuilt(t);
    await switchLink(lab.folder.path, 'automation-new', '2025-01-01');
    await assert.rejects(lab.carryOut('finalize', lab.whole), isFailure('FilesDamaged', /cannot be put in use/));

    assert.deepEqual((await links(lab)).slice(0, 1), ['2025-01-01']);
  });
});
