import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, test } from 'node:test';
import { objectsIn, startFixture, type Fixture } from './fixture.ts';
import { talosctl } from '../../test/programs/talosctl.ts';

describe('talosctl get', () => {
  test('shows every type that the rebuild looks at, as table and as JSON', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 1, workers: 1, isCluster: true });
    const types = [
      'machinestatus',
      'addresses',
      'links',
      'systeminformation',
      'disks',
      'discoveredvolumes',
      'systemdisk',
      'volumestatus',
      'members',
      'etcdmembers',
      'nodename',
      'machinetype',
      'hostname',
      'securitystate',
      'version',
      'services',
      'machineconfig',
    ];
    for (const type of types) {
      const objects = objectsIn((await fixture.on('cp1', 'get', type, '-o', 'json')).stdout);
      assert.ok(objects.length > 0, type);
      const nodes = new Set(objects.map(({ node }) => node));
      assert.deepEqual([...nodes], [fixture.machine('cp1').address], type);
    }
    for (const [type, columns] of [
      [
        'machinestatus',
        /^NODE\s+NAMESPACE\s+TYPE\s+ID\s+VERSION\s+STAGE\s+READY\n[\s\S]*machine\s+\d+\s+running\s+true/,
      ],
      ['members', /HOSTNAME\s+MACHINE TYPE\s+OS\s+ADDRESSES\n[\s\S]*cp1\s+controlplane/],
    ] as const) {
      assert.match((await fixture.on('cp1', 'get', type)).stdout, columns);
    }
    for (const type of ['extensions', 'meta', 'diagnostics', 'kernelparamstatus']) {
      assert.equal((await fixture.on('cp1', 'get', type)).code, 0, type);
    }
    assert.match((await fixture.on('w1', 'get', 'machinetype', '-o', 'yaml')).stdout, /^spec: worker$/m);
  });

  test('gives the machine configuration as it was applied', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    const [configuration] = objectsIn(
      (await fixture.on('cp1', 'get', 'machineconfig', 'v1alpha1', '-o', 'json')).stdout,
    );
    assert.equal(configuration?.spec, fixture.machine('cp1').inspect().configuration);
  });

  test('knows what there is, and says what there is not', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    const definitions = await fixture.on('cp1', 'get', 'rd');
    assert.equal(definitions.stdout.trim().split('\n').length, 168);
    assert.match(definitions.stdout, /machinestatuses\.runtime\.talos\.dev\s+1\s+machinestatus ms$/m);
    assert.match((await fixture.on('cp1', 'get', 'nosuchtype')).stderr, /resource "nosuchtype" is not registered/);
    const missing = await fixture.on('cp1', 'get', 'links', 'eth7');
    assert.equal(missing.code, 1);
    assert.match(
      missing.stderr,
      /code = NotFound desc = resource LinkStatuses\.net\.talos\.dev\(network\/eth7@undefined\) doesn't exist/,
    );
    assert.equal((await fixture.on('cp1', 'get', 'MachineStatuses.runtime.talos.dev')).code, 0);
  });

  test('goes on with every change when it is told to watch', async (t) => {
    const fixture = await startFixture(t, { isCluster: true, speed: 20 });
    const { address } = fixture.machine('cp1');
    const watch = spawn(talosctl, [
      '--talosconfig',
      fixture.talosconfig,
      '-e',
      address,
      '-n',
      address,
      'get',
      'machinestatus',
      '-w',
      '-o',
      'json',
    ]);
    t.after(() => watch.kill());
    let output = '';
    const seen = (stage: string) =>
      new Promise<void>((resolve) => {
        watch.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (output.includes(`"stage": "${stage}"`)) resolve();
        });
      });
    await seen('running');
    const resetting = seen('rebooting');
    await fixture.on('cp1', 'reboot', '--wait=false');
    await resetting;

    const events = objectsIn(output.slice(0, output.lastIndexOf('\n}\n') + 3));
    assert.deepEqual([events[0]?.event, events[1]?.event], ['created', 'updated']);
    assert.ok((events[1]?.metadata.version ?? 0) > (events[0]?.metadata.version ?? 0));
  });
});

describe('talosctl', () => {
  test('reads services, events, logs, the kernel log and files', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    const service = await fixture.on('cp1', 'service', 'etcd');
    assert.match(service.stdout, /STATE\s+Running\s+HEALTH\s+OK/);
    assert.match(
      (await fixture.on('cp1', 'service', 'nosuch')).stderr,
      /service "nosuch" is not registered on any nodes/,
    );
    assert.match((await fixture.on('cp1', 'logs', 'etcd')).stdout, /Started task etcd/);
    assert.match((await fixture.on('cp1', 'dmesg')).stdout, /boot sequence/);
    assert.match(
      await firstLines(fixture, 'events', '--tail', '-1'),
      /machine\.SequenceEvent\s+boot START|SequenceEvent/,
    );
    const bootId = await fixture.on('cp1', 'read', '/proc/sys/kernel/random/boot_id');
    assert.equal(bootId.stdout.trim(), fixture.machine('cp1').inspect().bootId);
    assert.match((await fixture.on('cp1', 'read', '/no/such/file')).stderr, /no such file or directory/);
    assert.match((await fixture.on('cp1', 'time')).stdout, /time\.cloudflare\.com/);
    assert.match(
      (await fixture.on('cp1', 'disks')).stdout + (await fixture.on('cp1', 'list', '/var/lib/etcd')).stdout,
      /member/,
    );
  });
});

/** What a command that never ends by itself prints at first. */
function firstLines(fixture: Fixture, ...args: string[]): Promise<string> {
  const { address } = fixture.machine('cp1');
  return new Promise((resolve) => {
    const child = spawn(talosctl, ['--talosconfig', fixture.talosconfig, '-e', address, '-n', address, ...args]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('SequenceEvent')) child.kill();
    });
    child.on('close', () => resolve(output));
  });
}
