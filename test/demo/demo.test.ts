import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Progress } from '../../src/run/progress.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import '../programs/talosctl.ts'; // the demo finds them where this puts them
import '../programs/temporal.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const alone = `
name: alone
endpoint: https://10.0.0.10:6443
vip: { address: 10.0.0.10, link: end0 }
talos: { version: v1.13.9, installDisk: /dev/nvme0n1, installImage: factory.talos.dev/installer/x:v1.13.9 }
kubernetes: { version: 1.36.0 }
folder: ~/.talos-secrets
secrets: new
nodes: [{ name: one, role: controlplane, address: 10.0.0.11 }]
`;

interface Demo {
  /** In which all its files are. */
  readonly folder: string;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the demo as a person does, and presses Ctrl-C as soon as stderr matches `interruptAt`. */
async function runDemo(t: TestContext, args: readonly string[], interruptAt?: RegExp): Promise<Demo> {
  const folder = await temporaryFolder(t);
  const child = spawn(process.execPath, ['scripts/start.mjs', 'demo/main.ts', ...args], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
  });
  const written = { stdout: '', stderr: '' };
  let wasInterrupted = false;
  child.stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    written.stderr += chunk.toString();
    if (wasInterrupted || interruptAt?.test(written.stderr) !== true) return;
    wasInterrupted = true;
    child.kill('SIGINT');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { folder, code, ...written };
}

/**
 * Command lines of processes that belong to this demo: its server by the Web UI's port, its worker by the copied file.
 */
async function leftBehind({ folder, stderr }: Demo): Promise<string[]> {
  const port = /Web UI: http:\/\/127\.0\.0\.1:(\d+)/.exec(stderr)?.[1];
  assert.ok(port, stderr);
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'args']);
  const isOurs = (line: string): boolean => line.includes(`--ui-port ${port}`) || line.includes(folder);
  return stdout.split('\n').filter(isOurs);
}

describe('npm run demo', () => {
  test('rebuilds four simulated machines, proves the failover, prints only the result, and leaves no process', async (t) => {
    const demo = await runDemo(t, ['--yes', '--json', '--speed', '20']);
    assert.equal(demo.code, 0, demo.stderr);
    const progress = JSON.parse(demo.stdout) as Progress;
    assert.equal(progress.outcome, 'rebuilt');
    assert.equal(progress.failover?.proven, true);
    assert.equal(progress.approvals[0]?.via, 'update');
    assert.deepEqual(progress.findings, []);
    assert.ok(existsSync(join(progress.folder ?? '', 'report.md')));
    assert.deepEqual(await leftBehind(demo), []);
  });

  test('ends everything that it started at Ctrl-C, in the middle of the resets', async (t) => {
    const demo = await runDemo(t, ['--yes', '--speed', '20'], /pi-14: resetting/);
    assert.equal(demo.code, 1, demo.stderr);
    assert.match(demo.stderr, /Stopping everything/);
    assert.doesNotMatch(demo.stderr, /defect/);
    assert.deepEqual(await leftBehind(demo), []);
  });

  test('rehearses the file of a single machine, and without a person to ask rejects its plan', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'cluster.yaml'), alone);
    const demo = await runDemo(t, ['--json', '--speed', '20', '--cluster', folder]);
    assert.equal(demo.code, 1, demo.stderr);
    const progress = JSON.parse(demo.stdout) as Progress;
    assert.equal(progress.outcome, 'rejected');
    assert.equal(progress.pointOfNoReturnPassedAt, undefined);
  });

  test('refuses a speed that is none and a file that is not there, before it starts anything', async (t) => {
    const speed = await runDemo(t, ['--speed', 'warp']);
    assert.equal(speed.code, 64);
    assert.match(speed.stderr, /--speed takes a number from 0\.1 to 100, not warp/);
    const file = await runDemo(t, ['--cluster', '/nowhere/cluster.yaml']);
    assert.equal(file.code, 1);
    assert.match(file.stderr, /There is no cluster file/);
  });
});
