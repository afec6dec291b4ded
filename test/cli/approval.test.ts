import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { type RunningWorker, startWorker } from '../../src/cli/run-worker.ts';
import { machinesOf } from '../../demo/machines.ts';
import { makeOldCluster } from '../../demo/old-cluster.ts';
import { makeRehearsalFolder } from '../../demo/rehearsal-folder.ts';
import type { RebuildPlan } from '../../src/run/plan/plan.ts';
import type { Progress } from '../../src/run/progress.ts';
import { type Lab, reserveLoopbackSubnet, startLab } from '../../simulator/src/lab.ts';
import { secretsOf } from '../drawn-secrets.ts';
import { talosctl } from '../talos/real-talosctl.ts';
import { startServer } from '../temporal/server.ts';
import { runCommand } from './run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const alone = stringify({
  name: 'alone',
  endpoint: 'https://10.0.0.10:6443',
  vip: { address: '10.0.0.10', link: 'end0' },
  talos: { version: 'v1.13.9', installDisk: '/dev/mmcblk0', installImage: 'factory.talos.dev/installer/x:v1.13.9' },
  kubernetes: { version: '1.36.0' },
  folder: '/replaced',
  secrets: 'new',
  nodes: [{ name: 'pi-11', role: 'controlplane', address: '10.0.0.11' }],
});

// One after the other: the same plan is refused, approved, carried out.
describe('a plan that waits for approval', () => {
  const tidyUps: (() => Promise<void> | void)[] = [];
  const session = { after: (step: () => Promise<void> | void) => void tidyUps.push(step) };
  let lab: Lab;
  let file: string;
  let worker: RunningWorker;
  let digest: string;

  const status = async (): Promise<Progress> =>
    JSON.parse((await runCommand(['status', '--name', 'alone', '--json'])).stdout) as Progress;
  const resets = (): number => lab.journal.requests(undefined, 'Reset').length;

  before(async () => {
    const folder = await temporaryFolder(session);
    const subnet = await reserveLoopbackSubnet();
    tidyUps.push(() => subnet.release());
    await writeFile(join(folder, 'cluster.yaml'), alone);
    const rehearsal = await makeRehearsalFolder(join(folder, 'cluster.yaml'), subnet.prefix);
    file = rehearsal.clusterFile;
    const server = await startServer(session, { folder });
    Object.assign(process.env, {
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
      XDG_DATA_HOME: join(folder, 'data'),
      TALOS_REBUILD_TALOSCTL: talosctl.binary,
    });
    const { configurations } = await makeOldCluster(talosctl, rehearsal.definition, await secretsOf('old'));
    lab = await startLab({ machines: await machinesOf(rehearsal.definition, configurations), speed: 20 });
    tidyUps.push(() => lab.close());
    await lab.bootstrapOldCluster('pi-11');
    worker = await startWorker(file, () => undefined);
  });

  after(async () => {
    worker.stop();
    await worker.stopped;
    for (const tidyUp of tidyUps.toReversed()) await tidyUp();
  });

  test('plan --json prints the plan as it is written in the run’s folder, and changes nothing', async () => {
    const { code, stdout, stderr } = await runCommand(['plan', file, '--json']);
    assert.equal(code, 0, stderr);
    const printed = JSON.parse(stdout) as RebuildPlan;
    const written = join((await status()).folder ?? '', 'plan.json');
    const { findings: _, ...document } = printed;
    const { findings: __, ...expected } = JSON.parse(await readFile(written, 'utf8')) as RebuildPlan;
    assert.deepEqual(document, expected);
    assert.deepEqual(lab.journal.effects('pi-11', 'wiped'), []);
  });

  test('start ends with 2, the plan on stdout, and the exact line that approves it', async () => {
    const { code, stdout, stderr } = await runCommand(['start', file]);
    assert.equal(code, 2, stderr);
    digest = (await status()).plan?.digest ?? '';
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    assert.match(stdout, /^Plan for alone\n\nWhat you lose/);
    assert.ok(stdout.includes(`approve --digest ${digest.slice(7, 19)} --cluster`));
  });

  test('at a terminal the plan is shown again, and consent is the name of the cluster typed', async () => {
    const { code, stderr } = await runCommand(['approve', '--name', 'alone'], { typed: 'y\n' });
    assert.equal(code, 1);
    assert.match(stderr, /What you lose/);
    assert.match(stderr, /That is not alone; nothing was decided/);
    assert.equal((await status()).gates.length, 1);
  });

  test('reject ends the run, and nothing was touched', async () => {
    const rejected = await runCommand(['reject', '--name', 'alone', '--reason', 'not today'], { typed: 'alone\n' });
    assert.equal(rejected.code, 0, rejected.stderr);
    const { code, stdout } = await runCommand(['watch', file]);
    assert.equal(code, 1);
    assert.match(stdout, /Rejected\.[^]*Nothing was touched/);
    assert.match(stdout, /not today/);
    assert.equal(resets(), 0);
  });

  test('equal inputs give the same digest again, so start can insist on it', async () => {
    assert.equal((await runCommand(['start', file, '--plan', digest])).code, 2);
    assert.equal((await status()).plan?.digest, digest);
  });

  test('another digest or too few of its digits decide nothing', async () => {
    const other = await runCommand(['approve', '--name', 'alone', '--digest', 'ffffffffffff']);
    assert.equal(other.code, 1);
    assert.match(other.stderr, /has another digest than ffffffffffff; nothing was decided/);
    const short = await runCommand(['approve', '--name', 'alone', '--digest', digest.slice(7, 12)]);
    assert.equal(short.code, 64);
    assert.match(short.stderr, /at least 8 hex digits/);
    assert.equal((await status()).gates.length, 1);
  });

  test('an approval while no worker answers waits as a signal and says so', async () => {
    worker.stop();
    await worker.stopped;
    const { code, stdout, stderr } = await runCommand([
      'approve',
      '--name',
      'alone',
      '--digest',
      digest.slice(7, 19),
      '--by',
      'anna',
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /no worker answered: the decision waits as a signal/);
    assert.equal(resets(), 0);
  });

  test('with a worker again the rebuild is carried out, and watch ends with 0', async () => {
    worker = await startWorker(file, () => undefined);
    const { code, stdout, stderr } = await runCommand(['watch', file]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /Rebuilt\./);
    assert.match(stderr, /Reset: done/);
    const [approval] = (await status()).approvals;
    assert.deepEqual([approval?.decision, approval?.by, approval?.via], ['approve', 'anna', 'signal']);
    assert.equal(resets(), 1);
  });
});
