import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { Progress } from '../../src/run/progress.ts';
import { type RunningWorker, startWorker } from '../../src/cli/run-worker.ts';
import { type LoopbackSubnet, reserveLoopbackSubnet } from '../../simulator/src/lab.ts';
import { startServer } from '../temporal/server.ts';
import { runCommand } from './run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A cluster whose machines are all switched off, so that every run ends in the questions of its preflight. */
function clusterFile(prefix: string, folder: string): string {
  return stringify({
    name: 'dark',
    endpoint: `https://${prefix}.10:6443`,
    vip: { address: `${prefix}.10`, link: 'end0' },
    talos: { version: 'v1.13.9', installDisk: '/dev/sda', installImage: 'factory.talos.dev/installer/x:v1.13.9' },
    kubernetes: { version: '1.36.0' },
    folder,
    secrets: 'new',
    nodes: [
      { name: 'n-1', role: 'controlplane', address: `${prefix}.11` },
      { name: 'n-2', role: 'worker', address: `${prefix}.12` },
    ],
  });
}

// One after the other: each step of a person's session begins where the last one ended.
describe('a session at the command line, with a real server and a real worker', () => {
  const tidyUps: (() => Promise<void> | void)[] = [];
  const session = { after: (step: () => Promise<void> | void) => void tidyUps.push(step) };
  let subnet: LoopbackSubnet;
  let file: string;
  let worker: RunningWorker;

  before(async () => {
    subnet = await reserveLoopbackSubnet();
    const folder = await temporaryFolder(session);
    file = join(folder, 'cluster.yaml');
    await writeFile(file, clusterFile(subnet.prefix, join(folder, 'secrets')));
    const server = await startServer(session, { folder });
    Object.assign(process.env, {
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
      XDG_DATA_HOME: join(folder, 'data'),
    });
  });

  after(async () => {
    worker.stop();
    await worker.stopped;
    for (const tidyUp of tidyUps.toReversed()) await tidyUp();
    subnet.release();
  });

  test('start without a worker starts nothing and says which command starts one', async () => {
    const { code, stderr } = await runCommand(['start', file]);
    assert.equal(code, 1);
    assert.match(stderr, /No worker has ever opened .* nothing was started/);
    assert.match(stderr, /talos-rebuild worker --cluster /);
    assert.deepEqual(JSON.parse((await runCommand(['list', '--json'])).stdout), []);
  });

  test('status before the first run says that there is none', async () => {
    const { code, stderr } = await runCommand(['status', '--name', 'dark']);
    assert.equal(code, 1);
    assert.match(stderr, /There is no run on dark/);
  });

  test('a second worker on the same folder is refused and told who has it', async () => {
    worker = await startWorker(file, () => undefined);
    const { code, stderr } = await runCommand(['worker', file]);
    assert.equal(code, 1);
    assert.match(stderr, /in use by process \d+/);
  });

  test('plan ends with 1 and every finding when machines do not answer', async () => {
    const { code, stdout } = await runCommand(['plan', file]);
    assert.equal(code, 1);
    assert.match(stdout, /Refused\.[^]*Nothing was touched/);
    assert.match(stdout, /error +n-1: /);
    assert.match(stdout, /error +n-2: /);
  });

  test('start ends with 2 and the line that answers when the run waits for a person', async () => {
    const { code, stdout } = await runCommand(['start', file]);
    assert.equal(code, 2);
    assert.match(stdout, /talos-rebuild answer preflight retry --cluster /);
  });

  test('a second start while one runs is refused, and told which and where to look', async () => {
    const { code, stderr } = await runCommand(['start', file]);
    assert.equal(code, 1);
    assert.match(stderr, /A run on dark is under way already; nothing was started/);
    assert.match(stderr, /http:\/\/.*\/workflows\/talos%2Fdark\//);
  });

  test('status says what the run waits for, the same with the name alone, and has it as data', async () => {
    const byFile = await runCommand(['status', file]);
    assert.equal(byFile.code, 2);
    assert.match(byFile.stdout, /\? Preflight did not succeed/);
    const byName = await runCommand(['status', '--name', 'dark', '--json']);
    assert.equal(byName.code, 2);
    assert.equal((JSON.parse(byName.stdout) as Progress).gates[0]?.id, 'preflight');
  });

  test('an answer to a question that is not open, or that cannot be given, is refused', async () => {
    const unknown = await runCommand(['answer', 'reset/n-9', 'retry', '--name', 'dark']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /There is no open question reset\/n-9 on dark; open: preflight/);
    const unsafe = await runCommand(['answer', 'preflight', 'skip', '--name', 'dark']);
    assert.equal(unsafe.code, 1);
    assert.match(unsafe.stderr, /can be answered with retry or abort, not with skip/);
  });

  test('an approval is refused while there is no plan', async () => {
    const { code, stderr } = await runCommand(['approve', '--name', 'dark', '--digest', '0123456789ab']);
    assert.equal(code, 1);
    assert.match(stderr, /Nothing waits for approval on dark/);
  });

  const nonce = async (): Promise<string | undefined> => {
    const { stdout } = await runCommand(['status', '--name', 'dark', '--json']);
    return (JSON.parse(stdout) as Progress).gates[0]?.nonce;
  };

  test('retry asks the machines again', async () => {
    const before = await nonce();
    assert.equal((await runCommand(['answer', 'preflight', 'retry', '--name', 'dark', '--by', 'anna'])).code, 0);
    for (let now = await nonce(); now === undefined || now === before; now = await nonce());
    const { stdout } = await runCommand(['status', '--name', 'dark']);
    assert.match(stdout, /anna answered preflight: retry/);
  });

  test('watch ends when nobody reads it any more, as after `| head -1`, and the run goes on', async () => {
    const before = await nonce();
    const program = ['--import', 'tsx', 'src/client.ts', 'watch', '--name', 'dark'];
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const watch = spawn(process.execPath, program, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    const ended = once(watch, 'exit');
    await once(watch.stderr, 'data');
    watch.stdout.destroy();
    watch.stderr.destroy();
    assert.equal((await runCommand(['answer', 'preflight', 'retry', '--name', 'dark'])).code, 0);
    const [code, killedBy] = (await ended) as [number | null, string | null];
    assert.equal(killedBy, null);
    assert.ok(code === 0 || code === 2, `ended with ${code}`);
    for (let now = await nonce(); now === undefined || now === before; now = await nonce());
  });

  test('without a worker, status tells what the server and the last look know, and how to start one', async () => {
    worker.stop();
    await worker.stopped;
    const { code, stdout } = await runCommand(['status', file]);
    assert.equal(code, 2);
    assert.match(stdout, /No worker answers/);
    assert.match(stdout, /talos-rebuild worker --cluster/);
    assert.match(stdout, /Seen last from here:/);
    assert.match(stdout, /Preflight did not succeed/);
    const answered = await runCommand(['answer', 'preflight', 'retry', '--name', 'dark']);
    assert.equal(answered.code, 1);
    assert.match(answered.stderr, /No worker answers on dark; the answer was not given/);
  });

  test('cancel calls the run off, watch ends with it, and list has every run, newest first', async () => {
    worker = await startWorker(file, () => undefined);
    const cancelled = await runCommand(['cancel', '--name', 'dark', '--reason', 'enough']);
    assert.equal(cancelled.code, 0, cancelled.stderr);

    const watched = await runCommand(['watch', '--name', 'dark', '--json']);
    assert.equal(watched.code, 1);
    assert.equal((JSON.parse(watched.stdout) as Progress).outcome, 'called off');

    const again = await runCommand(['cancel', '--name', 'dark']);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /Nothing runs on dark/);

    const { stdout } = await runCommand(['list', '--json']);
    const runs = JSON.parse(stdout) as { cluster: string; operation: string; onlyPlan: boolean; outcome: string }[];
    assert.deepEqual(
      runs.map(({ cluster, operation, onlyPlan, outcome }) => [cluster, operation, onlyPlan, outcome]),
      [
        ['dark', 'rebuild', false, 'called off'],
        ['dark', 'rebuild', true, 'refused'],
      ],
    );
  });
});
