import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Shell } from '../../src/cli/shell.ts';
import { UserError } from '../../src/cli/user-error.ts';
import { writePatches } from '../../src/cli/write-patches.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { plan, running } from './sample-run.ts';

const sysctl = 'machine:\n  sysctls:\n    vm.swappiness: "1"\n';

async function planned(t: TestContext, patches: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'kept-settings'));
  for (const [name, text] of Object.entries(patches)) await writeFile(join(folder, 'kept-settings', name), text);
  const stderr = new PassThrough();
  const shell = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    env: {},
    exitCode: 0,
  } as unknown as Shell;
  const into = join(folder, 'mine');
  const write = () => writePatches({ ...running, plan, folder }, into, shell);
  return { write, into, said: () => String(stderr.read() ?? '') };
}

describe('plan --write-patches', () => {
  test('writes the patches and says how cluster.yaml names them', async (t) => {
    const { write, into, said } = await planned(t, { 'all.yaml': sysctl, 'pi-11.yaml': sysctl });
    await write();
    assert.equal(await readFile(join(into, 'all.yaml'), 'utf8'), sysctl);
    const told = said();
    assert.ok(told.includes(`patches: { all: [${join(into, 'all.yaml')}] }`), told);
    assert.ok(told.includes(`pi-11 in nodes:  patches: [${join(into, 'pi-11.yaml')}]`), told);
  });

  test('replaces no file of the person’s', async (t) => {
    const { write, into } = await planned(t, { 'all.yaml': sysctl });
    await mkdir(into);
    await writeFile(join(into, 'all.yaml'), 'mine');
    await assert.rejects(write(), (error) => error instanceof UserError && /is there already/.test(error.message));
    assert.equal(await readFile(join(into, 'all.yaml'), 'utf8'), 'mine');
  });

  test('says when there is nothing to keep', async (t) => {
    const { write, said } = await planned(t, {});
    await write();
    assert.match(said(), /nothing to patch/);
  });
});
