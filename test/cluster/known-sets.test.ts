import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { openFolder } from '../../src/cluster/folder.ts';
import { knownSets } from '../../src/cluster/known-sets.ts';
import { Failure } from '../../src/run/failure.ts';
import { makeRealSet } from './real-set.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('knownSets', () => {
  test('knows each set by the CA of its talosconfig and secrets, abandoned ones too', async (t) => {
    const folder = await openFolder(await temporaryFolder(t));
    await makeRealSet(path.join(folder.sets, 'one'), 'old');
    await makeRealSet(path.join(folder.sets, 'two'), 'new');
    await makeRealSet(path.join(folder.sets, 'secrets-only'), 'foreign');
    await rm(path.join(folder.sets, 'secrets-only/talosconfig'));
    await makeRealSet(path.join(folder.path, 'elsewhere'), 'fourth');
    const elsewhere = path.join(folder.path, 'elsewhere/talosconfig');

    const known = await knownSets(folder, elsewhere);

    assert.deepEqual(
      known.map(({ name, talosconfig }) => [name, talosconfig]),
      [
        ['one', path.join(folder.sets, 'one/talosconfig')],
        ['secrets-only', undefined],
        ['two', path.join(folder.sets, 'two/talosconfig')],
        ['talosconfig', elsewhere],
      ],
    );
    assert.equal(new Set(known.map(({ caPem }) => caPem)).size, 4);
    for (const { caPem } of known) assert.ok(new X509Certificate(caPem).ca);
  });

  test('knows a set that cluster.yaml names once more as that set alone', async (t) => {
    const folder = await openFolder(await temporaryFolder(t));
    await makeRealSet(path.join(folder.sets, 'one'), 'old');
    const copy = path.join(folder.path, 'copy');
    await copyFile(path.join(folder.sets, 'one/talosconfig'), copy);
    assert.deepEqual(await knownSets(folder, copy), await knownSets(folder));
  });

  test('takes only the CA of the context that talosctl would use: other contexts are other clusters', async (t) => {
    const folder = await openFolder(await temporaryFolder(t));
    await makeRealSet(path.join(folder.sets, 'one'), 'old', 'mine');
    await makeRealSet(path.join(folder.path, 'other'), 'foreign', 'foreign');
    const mine = path.join(folder.sets, 'one/talosconfig');
    const alone = await knownSets(folder);

    const [own, foreign] = await Promise.all(
      [mine, path.join(folder.path, 'other/talosconfig')].map(async (file) => parse(await readFile(file, 'utf8'))),
    );
    await writeFile(mine, stringify({ context: 'mine', contexts: { ...foreign.contexts, ...own.contexts } }));

    assert.deepEqual(await knownSets(folder), alone);
  });

  test('refuses a talosconfig that is none, without quoting it', async (t) => {
    const folder = await openFolder(await temporaryFolder(t));
    const file = path.join(folder.path, 'talosconfig');
    const refused = (content: string) => async (): Promise<void> => {
      await writeFile(file, content);
      await assert.rejects(knownSets(folder, file), (error) => {
        assert.ok(error instanceof Failure);
        assert.equal(error.type, 'CredentialsRefused');
        assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /c2VjcmV0|secret/);
        return true;
      });
    };
    await refused('context: a\ncontexts: { a: { ca: c2VjcmV0 } }\n')();
    await refused('context: b\ncontexts: { a: { ca: c2VjcmV0 } }\n')();
    await refused('secret: "unclosed\n')();
    await assert.rejects(knownSets(folder, path.join(folder.path, 'no')), /no does not exist → correct `talosconfig`/);
  });

  test('says which file of a set is damaged', async (t) => {
    const folder = await openFolder(await temporaryFolder(t));
    await makeRealSet(path.join(folder.sets, 'one'), 'old');
    await writeFile(path.join(folder.sets, 'one/secrets.yaml'), '');
    await assert.rejects(
      knownSets(folder),
      (error) => error instanceof Failure && error.type === 'FilesDamaged' && /one\/secrets\.yaml/.test(error.message),
    );
  });
});
