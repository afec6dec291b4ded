import assert from 'node:assert/strict';
import { lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { mergeTalosconfig } from '../../src/cluster/merge-talosconfig.ts';
import { Failure } from '../../src/run/failure.ts';
import { writeFiles } from './cluster-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const fresh = 'context: home\ncontexts:\n  home: { endpoints: [192.168.1.11], ca: bmV3, crt: bmV3, key: bmV3 }\n';
const users = '# mine\ncontext: work\ncontexts:\n  work: { ca: d29yaw== } # keep\n  home: { ca: b2xk }\n';

describe('mergeTalosconfig', () => {
  test('replaces the cluster’s context alone, keeps the former file, and does nothing the second time', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, { from: fresh, 'user/config': users });
    const merge = { from: path.join(folder, 'from'), into: path.join(folder, 'user/config'), name: 'home' };

    await mergeTalosconfig(merge);
    await mergeTalosconfig(merge);

    const text = await readFile(merge.into, 'utf8');
    assert.deepEqual(parse(text), {
      context: 'work',
      contexts: { work: { ca: 'd29yaw==' }, home: parse(fresh).contexts.home },
    });
    assert.match(text, /^# mine\n/);
    assert.match(text, /# keep/);
    assert.deepEqual(await readdir(path.dirname(merge.into)), ['config', 'config.old']);
    assert.equal(await readFile(`${merge.into}.old`, 'utf8'), users);
    assert.equal((await stat(`${merge.into}.old`)).mode & 0o777, 0o600);
  });

  test('never goes over what an earlier merge kept', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, { from: fresh, config: users, 'config.old': 'older' });
    await mergeTalosconfig({ from: path.join(folder, 'from'), into: path.join(folder, 'config'), name: 'home' });
    assert.equal(await readFile(path.join(folder, 'config.old'), 'utf8'), 'older');
    assert.equal(await readFile(path.join(folder, 'config.old-2'), 'utf8'), users);
  });

  test('makes a file that is not there, with the cluster active in it, for the owner alone', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, { from: fresh });
    const into = path.join(folder, '.talos/config');
    await mergeTalosconfig({ from: path.join(folder, 'from'), into, name: 'other' });
    assert.deepEqual(parse(await readFile(into, 'utf8')), {
      context: 'other',
      contexts: { other: parse(fresh).contexts.home },
    });
    assert.equal((await stat(into)).mode & 0o777, 0o600);
  });

  test('writes through a symbolic link', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, { from: fresh, 'dotfiles/config': users });
    const into = path.join(folder, 'config');
    await symlink('dotfiles/config', into);
    await mergeTalosconfig({ from: path.join(folder, 'from'), into, name: 'home' });
    assert.ok((await lstat(into)).isSymbolicLink());
    assert.equal(parse(await readFile(path.join(folder, 'dotfiles/config'), 'utf8')).contexts.home.ca, 'bmV3');
  });

  test('leaves a file alone that is no talosconfig', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, { from: fresh });
    const into = path.join(folder, 'config');
    for (const content of ['- a list\n', 'contexts: text\n', 'context: "unclosed\n']) {
      await writeFile(into, content);
      await assert.rejects(
        mergeTalosconfig({ from: path.join(folder, 'from'), into, name: 'home' }),
        (error) => error instanceof Failure && error.type === 'FilesDamaged',
      );
      assert.equal(await readFile(into, 'utf8'), content);
    }
    assert.deepEqual((await readdir(folder)).toSorted(), ['config', 'from']);
  });
});
