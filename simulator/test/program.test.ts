import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { reserveLoopbackSubnet, type JournalEntry } from '../src/lab.ts';
import { readMachinesFile } from '../src/program/machines-file.ts';
import { talosctl } from '../../test/programs/talosctl.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { command } from './fixture.ts';
import { runProgram, startProgram } from './program.ts';

describe('the program', { timeout: 300_000 }, () => {
  test('simulates the machines of a file until a signal ends it, and tells what becomes of them', async (t) => {
    const subnet = await reserveLoopbackSubnet();
    t.after(() => subnet.release());
    const address = `${subnet.prefix}.11`;
    const program = await startProgram(
      t,
      `speed: 100\ntimings: { install: 0 }\nmachines:\n  - name: cp1\n    address: ${address}\n    extraDisks: [{ devPath: /dev/sda, size: 1TB, transport: usb }]\n`,
    );
    await program.until(isState('cp1', 'api', 'maintenance'));
    const disks = await command(talosctl, ['get', 'disks', '--insecure', '-n', address]);
    assert.match(disks.stdout, /sda .* 1\.0 TB/);

    const folder = await temporaryFolder(t);
    const configured = await configure(folder, address);
    const fault = {
      method: 'ApplyConfiguration',
      action: { refuse: { code: 'Unavailable', message: 'later' } },
      times: 1,
    };
    const injected = await program.ask('POST', '/faults', fault);
    assert.equal(injected.status, 201);
    const apply = () => command(talosctl, ['apply-config', '--insecure', '-n', address, '-f', configured.file]);
    assert.match((await apply()).stderr, /code = Unavailable desc = later/);
    assert.equal((await apply()).code, 0);
    const [{ hits }] = (await program.ask('GET', '/faults')).content as [{ hits: number }];
    assert.equal(hits, 1);
    assert.equal((await program.ask('DELETE', '/faults')).status, 204);

    await program.until(isState('cp1', 'etcd', 'prepared'));
    await program.until(isState('cp1', 'api', 'configured'));
    const bootstrap = await command(talosctl, [...configured.asAdministrator, 'bootstrap']);
    assert.equal(bootstrap.code, 0, bootstrap.stderr);
    await program.until((entry) => entry.kind === 'effect' && entry.effect === 'bootstrapped');
    await program.until(isState('cp1', 'stage', 'running'));

    const told = program.journal.filter((entry) => entry.kind === 'request' && /ApplyConf/.test(entry.method));
    assert.deepEqual(
      told.map((entry) => entry.kind === 'request' && entry.answer),
      [undefined, 'Unavailable', undefined, 'OK'],
    );
    const { content } = await program.ask('GET', '/machines/cp1');
    assert.equal((content as { etcd: string }).etcd, 'voter');

    const cut = program.until((entry) => entry.kind === 'effect' && entry.effect === 'crashed');
    assert.equal((await program.ask('POST', '/machines/cp1/power-cut')).status, 200);
    await cut;

    assert.equal(await program.end('SIGTERM'), 0);
    await assert.rejects(connected(address), { code: 'ECONNREFUSED' });
  });

  test('takes the file that its README shows', async (t) => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const file = join(await temporaryFolder(t), 'machines.yaml');
    await writeFile(file, /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '');
    const { options } = readMachinesFile(file);
    assert.equal(options.speed, 20);
    assert.deepEqual(
      options.machines.map(({ name }) => name),
      ['cp1', 'cp2', 'w1'],
    );
    assert.equal(options.machines[2]?.extraDisks?.[0]?.sizeBytes, 1e12);
  });

  test('refuses a file with mistakes, each with its place', async (t) => {
    const { code, stderr, file } = await runProgram(
      t,
      'machines:\n  - { name: cp1, address: 10.0.0.1 }\n  - name: w1\n    adress: 127.50.0.21\n',
    );
    assert.equal(code, 1);
    assert.deepEqual(stderr.trim().split('\n'), [
      `${file}:2:18: machines[0].address: write an address of the loopback network: \`127.50.0.11\``,
      `${file}:3:5: machines[1].address: is missing`,
      `${file}:4:5: machines[1].adress: unknown key \`adress\``,
    ]);
  });

  test('refuses a file that is no YAML', async (t) => {
    const { code, stderr, file } = await runProgram(t, 'machines:\n  - { name: cp1\n');
    assert.equal(code, 1);
    assert.ok(stderr.startsWith(`${file}:3:1: `), stderr);
  });

  test('refuses faults that no call could meet, and deeds that nobody can do', async (t) => {
    const subnet = await reserveLoopbackSubnet();
    t.after(() => subnet.release());
    const program = await startProgram(t, `machines: [{ name: cp1, address: ${subnet.prefix}.11 }]\n`);
    const drop = { drop: true };
    const cases: readonly (readonly [string, unknown, number, RegExp])[] = [
      ['/faults', { method: 'Rset', action: drop }, 400, /^method: no call is named Rset\nOf the Talos API: .*Reset/],
      ['/faults', { method: 'Reset', machine: 'w9', action: drop }, 400, /^machine: there is no w9; there are cp1$/],
      ['/faults', { method: 'Reset', action: { explode: true } }, 400, /^action: write one of/],
      ['/faults', { method: 'Reset', action: { status: 503 } }, 400, /^action: a status is for the Kubernetes API/],
      ['/machines/cp1/explode', undefined, 400, /^nobody can explode a machine/],
      ['/machines/cp1/rename-link', { name: 'eth0' }, 400, /^link: is missing/],
      ['/machines/w9/power-cut', undefined, 404, /there is no such thing/],
    ];
    for (const [path, body, status, error] of cases) {
      const answer = await program.ask('POST', path, body);
      assert.equal(answer.status, status);
      assert.match((answer.content as { error: string }).error, error);
    }
    assert.deepEqual((await program.ask('GET', '/faults')).content, []);
    assert.equal(await program.end('SIGINT'), 0);
  });
});

function isState(machine: string, aspect: string, value: string) {
  return (entry: JournalEntry) =>
    entry.kind === 'state' && entry.machine === machine && entry.aspect === aspect && entry.value === value;
}

/** The configuration of a control plane, and how to talk to it. */
async function configure(folder: string, address: string): Promise<{ file: string; asAdministrator: string[] }> {
  const flags = '--talos-version v1.13 --with-docs=false --with-examples=false --install-disk /dev/mmcblk0'.split(' ');
  const endpoint = `https://${address}:6443`;
  const { code, stderr } = await command(talosctl, ['gen', 'config', 'lab', endpoint, ...flags, '-o', folder]);
  assert.equal(code, 0, stderr);
  return {
    file: join(folder, 'controlplane.yaml'),
    asAdministrator: ['--talosconfig', join(folder, 'talosconfig'), '-e', address, '-n', address],
  };
}

function connected(host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(50_000, host, () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}
