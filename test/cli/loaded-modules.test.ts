import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../temporary-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const example = 'examples/raspberry-pi/cluster.yaml';
const nativeCore = ['@temporalio/core-bridge', '@temporalio/worker'];
const client = ['@temporalio/client', '@grpc/grpc-js'];
const clusterFile = ['zod', 'yaml'];

describe('what a command loads', () => {
  const cases: readonly (readonly [string, readonly string[], number, readonly string[]])[] = [
    ['the help', ['--help'], 0, [...nativeCore, ...client, ...clusterFile]],
    ["a command's help", ['start', '--help'], 0, [...nativeCore, ...client, ...clusterFile]],
    ['an unknown option', ['status', '--fast'], 64, [...nativeCore, ...client, ...clusterFile]],
    ['an answer that is none', ['answer', 'reset', 'maybe', '--name', 'home'], 64, [...nativeCore, ...client]],
    ['an approval without a digest', ['approve', '--name', 'home'], 64, [...nativeCore, ...client]],
    ['a port that is none', ['dev', example, '--port', 'x'], 64, [...nativeCore, ...client]],
    ['validate', ['validate', example], 0, [...nativeCore, ...client]],
  ];
  for (const [what, args, exitCode, unwanted] of cases) {
    test(`${what}: none of ${unwanted.join(', ')}`, async (t) => {
      const { code, packages } = await run(t, args);
      assert.equal(code, exitCode);
      assert.ok(packages.has('commander'), 'nothing was recorded');
      assert.deepEqual(
        unwanted.filter((name) => packages.has(name)),
        [],
      );
    });
  }

  const asking = [['status'], ['approve', '--digest', '4be0c91d77aa']];
  for (const args of asking) {
    test(`${args[0]}: the client, and not the native core`, async (t) => {
      const { packages } = await run(t, [...args, '--name', 'home']);
      for (const name of client) assert.ok(packages.has(name), name);
      for (const name of [...nativeCore, ...clusterFile]) assert.ok(!packages.has(name), name);
    });
  }
});

/** Runs a command with no server to be found, and tells the packages of which it loaded something. */
async function run(
  t: TestContext,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly packages: ReadonlySet<string> }> {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'modules');
  const { status } = spawnSync(
    process.execPath,
    ['--import', './test/cli/record-modules.mjs', '--import', 'tsx', 'src/client.ts', ...args],
    {
      cwd: root,
      timeout: 60_000,
      env: {
        ...process.env,
        MODULES_FILE: file,
        XDG_DATA_HOME: folder,
        // Nothing listens on the discard port of a loopback address that nobody uses.
        TEMPORAL_ADDRESS: '127.250.250.250:9',
      },
    },
  );
  const modules = (await readFile(file, 'utf8')).split('\n');
  const names = modules.map((name) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(name)?.[1]);
  return { code: status, packages: new Set(names.filter((name) => name !== undefined)) };
}
