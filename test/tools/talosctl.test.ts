import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { processStart } from '../../src/files/process-start.ts';
import { goArch, goOs } from '../../src/tools/platform.ts';
import { findTalosctl } from '../../src/tools/talosctl.ts';
import { ToolMissing } from '../../src/tools/tool.ts';
import { obtainable, startBench, startReleaseHost, talosctlText, writeTalosctl } from './bench.ts';

const silent = () => undefined;
const asset = `talosctl-${goOs}-${goArch}`;
const file = `/siderolabs/talos/releases/download/v1.13.9/${asset}`;
const text = talosctlText('1.13.9');
/** As if the sum of that release, and no way to build one, were known. */
const known = { '1.13': obtainable('1.13.9', text) };
const get = { minor: '1.13', install: true, report: silent, obtainable: known };

describe('findTalosctl', () => {
  test('takes the one that the setting names before any other', async (t) => {
    const bench = await startBench(t);
    await writeTalosctl(join(bench.path, 'talosctl'), '1.13.9');
    process.env['TALOS_REBUILD_TALOSCTL'] = await writeTalosctl(join(bench.folder, 'mine'), '1.13.8');

    const tool = await findTalosctl({ minor: '1.13', install: false, report: silent });
    assert.deepEqual(tool, { path: join(bench.folder, 'mine'), version: '1.13.8', source: 'setting' });
  });

  test('refuses a setting of another minor version instead of passing over it', async (t) => {
    const bench = await startBench(t);
    await writeTalosctl(join(bench.path, 'talosctl'), '1.13.9');
    const setting = await writeTalosctl(join(bench.folder, 'mine'), '1.12.4');

    await assert.rejects(
      findTalosctl({ minor: '1.13', setting, install: true, report: silent }),
      (error) => error instanceof ToolMissing && /mine .*is version 1\.12\.4, wanted is 1\.13/.test(error.message),
    );
  });

  test('passes over another minor on PATH for the one in the cache', async (t) => {
    const bench = await startBench(t);
    await writeTalosctl(join(bench.path, 'talosctl'), '1.12.4');
    const cached = await writeTalosctl(join(bench.cache, 'talosctl-1.13.0'), '1.13.0');

    const tool = await findTalosctl({ minor: '1.13', install: false, report: silent });
    assert.deepEqual(tool, { path: cached, version: '1.13.0', source: 'cache' });
  });

  test('prefers a release in the cache to what was built before its sum was known', async (t) => {
    const bench = await startBench(t);
    await writeTalosctl(join(bench.cache, 'talosctl-1.13.0'), '1.13.0');
    const both = { ...obtainable('1.13.9', text), built: '1.13.0' };
    const look = { minor: '1.13', install: false, report: silent, obtainable: { '1.13': both } };

    assert.equal((await findTalosctl(look)).version, '1.13.0');
    await writeTalosctl(join(bench.cache, 'talosctl-1.13.9'), '1.13.9');
    assert.equal((await findTalosctl(look)).version, '1.13.9');
  });

  test('names what it passed over, and what to install, when nothing fits', async (t) => {
    const bench = await startBench(t);
    await writeTalosctl(join(bench.path, 'talosctl'), '1.12.4');
    const both = { '1.13': { ...obtainable('1.13.9', text), newest: '1.13.13', built: '1.13.0' } };

    await assert.rejects(findTalosctl({ ...get, obtainable: both }), (error) => {
      assert.ok(error instanceof ToolMissing);
      assert.match(error.message, /^talosctl is missing\. Install talosctl 1\.13\.13 /);
      assert.match(error.message, /path\/talosctl is version 1\.12\.4, wanted is 1\.13/);
      assert.match(error.message, /release v1\.13\.9 .*ECONNREFUSED/);
      assert.match(error.message, /Go is not installed/);
      return true;
    });
    assert.deepEqual(await readdir(bench.cache), []);
  });

  test('downloads the official release when it has the sum that is known, and finds it in the cache from then on', async (t) => {
    const bench = await startBench(t);
    const host = await startReleaseHost(t, { [file]: text });
    process.env['TALOS_REBUILD_GITHUB'] = host.url;

    const first = await findTalosctl(get);
    const second = await findTalosctl(get);
    assert.equal(first.source, 'release');
    assert.deepEqual(second, { path: join(bench.cache, 'talosctl-1.13.9'), version: '1.13.9', source: 'cache' });
    assert.deepEqual(await readdir(bench.cache), ['talosctl-1.13.9']);
  });

  test('keeps nothing of a download that is not the file whose sum is known, whatever the host says of it', async (t) => {
    const bench = await startBench(t);
    const other = talosctlText('1.13.9').replace('Client', 'Stolen');
    const sums = { [file.replace(asset, 'sha256sum.txt')]: `${sumOf(other)}  ${asset}\n` };
    const host = await startReleaseHost(t, { [file]: other, ...sums });
    process.env['TALOS_REBUILD_GITHUB'] = host.url;

    await assert.rejects(
      findTalosctl(get),
      (error) =>
        error instanceof ToolMissing && /has the SHA-256 sum [0-9a-f]{64}, known for it is/.test(error.message),
    );
    assert.deepEqual(await readdir(bench.cache), []);
    assert.deepEqual(host.requests, [file]);
  });

  test('downloads nothing whose sum is not known', async (t) => {
    await startBench(t);
    const host = await startReleaseHost(t, { [file]: text });
    process.env['TALOS_REBUILD_GITHUB'] = host.url;
    const none = { '1.13': { newest: '1.13.9', release: { version: '1.13.9', sums: {} } } };

    await assert.rejects(findTalosctl({ ...get, obtainable: none }), ToolMissing);
    assert.deepEqual(host.requests, []);
  });

  test('downloads from no mirror in the clear, unless it is on this computer', async (t) => {
    await startBench(t);
    for (const mirror of ['http://mirror.example', 'http://127.example', 'ftp://127.0.0.1']) {
      process.env['TALOS_REBUILD_GITHUB'] = mirror;
      await assert.rejects(
        findTalosctl(get),
        (error) => error instanceof ToolMissing && error.message.includes(`${mirror} (set by TALOS_REBUILD_GITHUB) is`),
      );
    }
  });

  test('gives up on a release that does not come to its end', async (t) => {
    const bench = await startBench(t);
    const host = await startReleaseHost(t, { [file]: text }, /talosctl/);
    process.env['TALOS_REBUILD_GITHUB'] = host.url;

    await assert.rejects(
      findTalosctl(get),
      (error) => error instanceof ToolMissing && /went silent/.test(error.message),
    );
    assert.deepEqual(await readdir(bench.cache), []);
  });

  test('downloads once though two processes ask at the same time', async (t) => {
    const bench = await startBench(t);
    const host = await startReleaseHost(t, { [file]: text });
    const env = { ...bench.env, TALOS_REBUILD_GITHUB: host.url };

    const paths = await Promise.all([inAnotherProcess(env), inAnotherProcess(env)]);
    assert.deepEqual(paths, [join(bench.cache, 'talosctl-1.13.9'), join(bench.cache, 'talosctl-1.13.9')]);
    assert.deepEqual(host.requests, [file]);
  });

  test('is not held up by the lock of a process that is gone', async (t) => {
    const bench = await startBench(t);
    const host = await startReleaseHost(t, { [file]: text });
    process.env['TALOS_REBUILD_GITHUB'] = host.url;
    const lock = join(bench.cache, '.talosctl-1.13.lock');
    const holder = { pid: process.ppid, started: await processStart(process.ppid) };
    await writeFile(lock, JSON.stringify(holder)); // a living process that never touches it again
    await utimes(lock, new Date(0), new Date(0));

    const tool = await findTalosctl(get);
    assert.equal(tool.source, 'release');
  });
});

/** Asks in a process of its own and gives the path that was found. */
async function inAnotherProcess(env: Record<string, string>): Promise<string> {
  const module = new URL('../../src/tools/talosctl.ts', import.meta.url).href;
  const code = `
    const { findTalosctl } = await import(${JSON.stringify(module)});
    const tool = await findTalosctl({ ...${JSON.stringify(get)}, report() {} });
    process.stdout.write(tool.path);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  let output = '';
  for await (const chunk of child.stdout) output += String(chunk);
  return output;
}

function sumOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
