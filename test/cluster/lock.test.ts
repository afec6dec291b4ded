import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockFolder } from '../../src/cluster/lock.ts';
import { temporaryFolder } from '../temporary-folder.ts';

type Holder = ChildProcessByStdio<Writable, Readable, null>;

/** A process of its own that takes the lock; resolves with what it said. */
async function holder(t: TestContext, folder: string): Promise<{ child: Holder; said: string }> {
  const program = fileURLToPath(new URL('lock-holder.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString().trim() };
}

describe('lockFolder', () => {
  test('refuses a second process and names the first, until that one ends', { timeout: 60_000 }, async (t) => {
    const folder = await temporaryFolder(t);
    const first = await holder(t, folder);
    assert.equal(first.said, 'locked');

    await assert.rejects(
      lockFolder(folder),
      new RegExp(`is in use by process ${first.child.pid} since .* kill ${first.child.pid}`),
    );

    first.child.stdin.end();
    await once(first.child, 'exit');
    await (await lockFolder(folder)).release();
    assert.deepEqual(await readdir(folder), []);
  });

  test('takes over after kill -9', { timeout: 60_000 }, async (t) => {
    const folder = await temporaryFolder(t);
    const first = await holder(t, folder);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const lock = await lockFolder(folder);
    assert.equal(lock.takenOverFrom, first.child.pid);
    await lock.release();
    assert.equal((await lockFolder(folder)).takenOverFrom, undefined);
  });

  test('takes over from a process of before the reboot, though its id lives again', async (t) => {
    const folder = await temporaryFolder(t);
    const file = path.join(folder, 'lock');
    await writeFile(
      file,
      JSON.stringify({ pid: process.ppid, started: 'another boot 42', since: '2026-01-01T00:00:00Z' }),
    );

    const lock = await lockFolder(folder);

    assert.equal((JSON.parse(await readFile(file, 'utf8')) as { pid: number }).pid, process.pid);
    await lock.release();
  });

  test('goes to one only, when many find the same stale lock', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(path.join(folder, 'lock'), 'not even JSON');
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.deepEqual(await readdir(folder), ['lock']);
  });

  test('says so when a link that leads nowhere is in its place', async (t) => {
    const folder = await temporaryFolder(t);
    await symlink('nowhere', path.join(folder, 'lock'));
    await assert.rejects(lockFolder(folder), /lock is there and leads nowhere.* → remove it: rm/);
  });

  test('is given back once: a second release does not free the next holder’s lock', async (t) => {
    const folder = await temporaryFolder(t);
    const first = await lockFolder(folder);
    await first.release();
    await writeFile(path.join(folder, 'lock'), 'of somebody else');
    await first.release();
    assert.deepEqual(await readdir(folder), ['lock']);
  });
});
