import assert from 'node:assert/strict';
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { parse, stringify } from 'yaml';
import { mergeKubeconfig } from '../../src/cluster/merge-kubeconfig.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface Kubeconfig {
  clusters: { name: string; cluster: { server: string } }[];
  users: { name: string; user: { token: string } }[];
  contexts: { name: string; context: { cluster: string; user: string } }[];
  'current-context': string;
}

function kubeconfig(
  name: string,
  server: string,
  current = `admin@${name}`,
): Kubeconfig & { apiVersion: string; kind: string } {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server } }],
    users: [{ name: `admin@${name}`, user: { token: `token of ${server}` } }],
    contexts: [{ name: `admin@${name}`, context: { cluster: name, user: `admin@${name}` } }],
    'current-context': current,
  };
}

async function setUp(t: TestContext, own?: string) {
  const folder = await temporaryFolder(t);
  const from = join(folder, 'new');
  const into = join(folder, 'config');
  await writeFile(from, stringify(kubeconfig('lab', 'https://new:6443')));
  if (own !== undefined) await writeFile(into, own, { mode: 0o644 });
  const merge = () => mergeKubeconfig({ from, into, name: 'lab' });
  const read = async () => parse(await readFile(into, 'utf8')) as Kubeconfig;
  return { folder, from, into, merge, read };
}

describe('mergeKubeconfig', () => {
  test('replaces the cluster that was rebuilt and leaves all others and comments as they are', async (t) => {
    const other = kubeconfig('work', 'https://work:6443');
    const old = kubeconfig('lab', 'https://old:6443');
    const own = stringify({
      ...other,
      clusters: [...old.clusters, ...other.clusters],
      users: [...other.users, ...old.users],
      contexts: [...old.contexts, ...other.contexts],
      preferences: { colors: true },
    });
    const { merge, read, into } = await setUp(t, `# mine\n${own}`);

    assert.deepEqual(await merge(), { kept: `${into}.old` });
    const merged = await read();
    assert.deepEqual(
      merged.clusters.map(({ name, cluster }) => `${name} ${cluster.server}`),
      ['lab https://new:6443', 'work https://work:6443'],
    );
    assert.deepEqual(
      merged.users.map(({ name, user }) => `${name}: ${user.token}`),
      ['admin@work: token of https://work:6443', 'admin@lab: token of https://new:6443'],
    );
    assert.deepEqual(
      merged.contexts.map(({ name, context }) => `${name}: ${context.cluster}`),
      ['admin@lab: lab', 'admin@work: work', 'lab: lab'],
    );
    assert.equal(merged['current-context'], 'admin@work');
    assert.match(await readFile(into, 'utf8'), /^# mine\n[^]*colors: true/);
  });

  test('keeps the former file as it was, and overwrites no older one', async (t) => {
    const own = stringify(kubeconfig('lab', 'https://old:6443'));
    const { merge, into, folder, from } = await setUp(t, own);
    await writeFile(`${into}.old`, 'precious');

    assert.deepEqual(await merge(), { kept: `${into}.old-2` });
    assert.equal(await readFile(`${into}.old`, 'utf8'), 'precious');
    assert.equal(await readFile(`${into}.old-2`, 'utf8'), own);
    for (const file of [into, `${into}.old-2`]) assert.equal((await stat(file)).mode & 0o777, 0o600);

    assert.deepEqual(await merge(), { kept: undefined }, 'the second time there is nothing to do');
    await writeFile(from, stringify(kubeconfig('lab', 'https://newer:6443')));
    assert.deepEqual(await merge(), { kept: `${into}.old-3` });
    assert.deepEqual((await readdir(folder)).sort(), ['config', 'config.old', 'config.old-2', 'config.old-3', 'new']);
  });

  test('goes on after a kill between keeping the former file and replacing it', async (t) => {
    const own = stringify(kubeconfig('lab', 'https://old:6443'));
    const { merge, into } = await setUp(t, own);
    await writeFile(`${into}.old`, own);
    assert.deepEqual(await merge(), { kept: `${into}.old` });
  });

  test('makes this cluster the current one if there was none, or if it was', async (t) => {
    const cases = [
      [undefined, 'lab'],
      ['', 'lab'],
      ['clusters: null\nusers: []\ncontexts: []\ncurrent-context: ""\n', 'lab'],
      [stringify(kubeconfig('lab', 'https://old:6443')), 'lab'],
      [stringify(kubeconfig('work', 'https://work:6443')), 'admin@work'],
    ] as const;
    for (const [own, expected] of cases) {
      const { merge, read } = await setUp(t, own);
      await merge();
      assert.equal((await read())['current-context'], expected);
    }
  });

  test('gives a file that kubectl reads', async (t) => {
    const { merge, into, folder } = await setUp(t);
    await merge();
    const { stdout } = await kubectl(['config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}'], {
      kubeconfig: into,
      folder,
    });
    assert.equal(stdout, 'https://new:6443');
  });

  test('a symbolic link stays one', async (t) => {
    const { merge, read, into, folder } = await setUp(t);
    const target = join(folder, 'dotfiles');
    await writeFile(target, stringify(kubeconfig('work', 'https://work:6443')));
    await symlink(target, into);
    await merge();
    assert.equal((await read()).clusters.length, 2);
    assert.equal((parse(await readFile(target, 'utf8')) as Kubeconfig).clusters.length, 2);
  });

  test('changes nothing if either file is damaged', async (t) => {
    for (const own of ['a: [', '- a', 'clusters: 5']) {
      const { merge, into, folder } = await setUp(t, own);
      await assert.rejects(merge(), {
        type: 'FilesDamaged',
        message: /config is not a kubeconfig.*nothing was changed/,
      });
      assert.equal(await readFile(into, 'utf8'), own);
      assert.deepEqual((await readdir(folder)).sort(), ['config', 'new']);
    }
    const { merge, from, folder } = await setUp(t);
    await writeFile(from, stringify({ ...kubeconfig('lab', 'https://new'), users: [] }));
    await assert.rejects(merge(), {
      type: 'FilesDamaged',
      message: /new is not a kubeconfig.*: its current context is not complete/,
    });
    assert.deepEqual(await readdir(folder), ['new']);
  });
});
