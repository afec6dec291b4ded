import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { processStart } from '../../src/files/process-start.ts';
import { goArch, goOs } from '../../src/tools/platform.ts';
import { findTalosctl } from '../../src/tools/talosctl.ts';
import { ToolMissing } from '../../src/tools/tool.ts';
import { startBench, startReleaseHost, sumLine, talosctlText, writeTalosctl } from './bench.ts';

const silent = () => undefined;
const asset = `talosctl-${goOs}-${goArch}`;
const releaseFolder = '/siderolabs/talos/releases/download/v1.13.9';

function release(text: string, sums = sumLine(asset, text)): Record<string, string> {
  return { [`${releaseFolder}/${asset}`]: text, [`${releaseFolder}/sha256sum.txt`]: sums };
}

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
    const cached = await writeTalosctl(join(bench.cache, 'talosctl-1.13'), '1.13.0');

    const tool = await findTalosctl({ minor: '1.13', install: false, report: silent });
    assert.deepEqual(tool, { path: cached, version: '1.13.0', source: 'cache' });
  });

  test('names what it passed over, and what to install, when nothing fits', async (t) => {
    const bench = await startBench(t);
    await writeTalosctl(join(bench.path, 'talosctl'), '1.12.4');

    await assert.rejects(findTalosctl({ minor: '1.13', install: true, report: silent }), (error) => {
      assert.ok(error instanceof ToolMissing);
      assert.match(error.message, /^talosctl is missing\. Install talosctl 1\.13 /);
      assert.match(error.message, /path\/talosctl is version 1\.12\.4, wanted is 1\.13/);
      assert.match(error.message, /release v1\.13\.9 .*ECONNREFUSED/);
      assert.match(error.message, /Go is not installed/);
      return true;
    });
    assert.deepEqual(await readdir(bench.cache), []);
  });

  test('downloads the official release once its checksum is right, and finds it in the cache from then on', async (t) => {
    const bench = await startBench(t);
    const host = await startReleaseHost(t, release(talosctlText('1.13.9')));
    process.env['TALOS_REBUILD_GITHUB'] = host.url;

    const first = await findTalosctl({ minor: '1.13', install: true, report: silent });
    const second = await findTalosctl({ minor: '1.13', install: true, report: silent });
    assert.equal(first.source, 'release');
    assert.deepEqual(second, { path: join(bench.cache, 'talosctl-1.13'), version: '1.13.9', source: 'cache' });
    assert.deepEqual(await readdir(bench.cache), ['talosctl-1.13']);
  });

  test('keeps nothing of a download whose checksum is wrong', async (t) => {
    const bench = await startBench(t);
    const host = await startReleaseHost(t, release(talosctlText('1.13.9'), sumLine(asset, 'something else')));
    process.env['TALOS_REBUILD_GITHUB'] = host.url;

    await assert.rejects(
      findTalosctl({ minor: '1.13', install: true, report: silent }),
      (error) =>
        error instanceof ToolMissing && /has the SHA-256 sum [0-9a-f]{64}, its release says/.test(error.message),
    );
    assert.deepEqual(await readdir(bench.cache), []);
  });

  test('gives up on a list of checksums that does not come to its end', async (t) => {
    await startBench(t);
    const host = await startReleaseHost(t, release(talosctlText('1.13.9')), /sha256sum/);
    process.env['TALOS_REBUILD_GITHUB'] = host.url;

    await assert.rejects(
      findTalosctl({ minor: '1.13', install: true, report: silent }),
      (error) => error instanceof ToolMissing && /sha256sum.txt did not arrive in time/.test(error.message),
    );
  });

  test('downloads once though two processes ask at the same time', async (t) => {
    const bench = await startBench(t);
    const host = await startReleaseHost(t, release(talosctlText('1.13.9')));
    const env = { ...bench.env, TALOS_REBUILD_GITHUB: host.url };

    const paths = await Promise.all([ask(env), ask(env)]);
    assert.deepEqual(paths, [join(bench.cache, 'talosctl-1.13'), join(bench.cache, 'talosctl-1.13')]);
    assert.deepEqual(host.requests.filter((path) => path.endsWith(asset)).length, 1);
  });

  test('is not held up by the lock of a process that is gone', async (t) => {
    const bench = await startBench(t);
    const host = await startReleaseHost(t, release(talosctlText('1.13.9')));
    process.env['TALOS_REBUILD_GITHUB'] = host.url;
    const lock = join(bench.cache, '.talosctl-1.13.lock');
    const holder = { pid: process.ppid, started: await processStart(process.ppid) };
    await writeFile(lock, JSON.stringify(holder)); // a living process that never touches it again
    await utimes(lock, new Date(0), new Date(0));

    const tool = await findTalosctl({ minor: '1.13', install: true, report: silent });
    assert.equal(tool.source, 'release');
  });
});

/** Asks in a process of its own and gives the path that was found. */
async function ask(env: Record<string, string>): Promise<string> {
  const module = new URL('../../src/tools/talosctl.ts', import.meta.url).href;
  const code = `
    const { findTalosctl } = await import(${JSON.stringify(module)});
    const tool = await findTalosctl({ minor: '1.13', install: true, report() {} });
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
