import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isHealthy, startFixture, type Fixture, wipe } from './fixture.ts';

const usb = {
  devPath: '/dev/sda',
  sizeBytes: 1e12,
  serial: 'USB-0001',
  transport: 'usb' as const,
  partitions: [{ label: 'u-data', sizeBytes: 9e11, filesystem: 'xfs', files: { 'photo.jpg': 'a photo' } }],
};

describe('reset', () => {
  test('of STATE and EPHEMERAL brings the machine into maintenance mode as the same machine, other disks untouched', async (t) => {
    const fixture = await startFixture(t, { isCluster: true, machine: { extraDisks: [usb] } });
    const { bootId } = fixture.machine('cp1').inspect();
    const result = await fixture.on('cp1', 'reset', ...wipe, 'STATE,EPHEMERAL');
    assert.equal(result.code, 0, result.stderr);
    await maintenance(fixture);

    const after = fixture.machine('cp1').inspect();
    assert.notEqual(after.bootId, bootId);
    assert.equal(after.configuration, undefined);
    assert.deepEqual(
      after.disks[0]?.partitions.map(({ label }) => label),
      ['EFI', 'META'],
    );
    assert.deepEqual(after.disks[1]?.partitions, [{ label: 'u-data', files: { 'photo.jpg': 'a photo' } }]);
    assert.deepEqual(
      fixture.lab.journal
        .states('cp1', 'stage')
        .map(({ value }) => value)
        .slice(-4),
      ['resetting', 'off', 'booting', 'maintenance'],
    );
  });

  test('without labels takes the boot loader with it: the machine never comes back by itself', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    assert.equal((await fixture.on('cp1', 'reset', '--graceful=false', '--reboot', '--wait=false')).code, 0);
    await fixture.lab.until(() => fixture.machine('cp1').inspect().isBricked);
    fixture.machine('cp1').powerOn();
    assert.equal(fixture.machine('cp1').inspect().stage, 'bricked');
    assert.match((await fixture.on('cp1', 'version')).stderr, /connection refused/);

    fixture.machine('cp1').reflash();
    await maintenance(fixture);
  });

  test('of EPHEMERAL keeps the configuration, and the node joins etcd again under its name', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, isCluster: true });
    await fixture.on('cp2', 'reset', ...wipe, 'EPHEMERAL');
    await fixture.lab.until(() => fixture.lab.journal.effects('cp2', 'rebooted').length === 1);
    await fixture.lab.until(() => isHealthy(fixture.lab));

    assert.equal(fixture.lab.journal.effects('cp2', 'joined-etcd').length, 1);
    assert.equal(fixture.lab.journal.effects('cp2', 'promoted').length, 1);
    assert.deepEqual(fixture.machine('cp1').inspect().etcdMembers.sort(), ['cp1', 'cp2', 'cp3']);
  });

  test('of STATE alone leaves the etcd data, so that a bootstrap says it is there', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    await fixture.on('cp1', 'reset', ...wipe, 'STATE');
    await maintenance(fixture);
    await fixture.insecure('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'));
    await fixture.lab.until(() => fixture.machine('cp1').inspect().stage === 'running');
    const bootstrap = await fixture.on('cp1', 'bootstrap');
    assert.match(bootstrap.stderr, /code = AlreadyExists desc = etcd data directory is not empty/);
  });

  test('of META too makes the machine one that Talos has to be installed on again', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    await fixture.on('cp1', 'reset', ...wipe, 'STATE,EPHEMERAL,META');
    await maintenance(fixture);
    assert.equal((await fixture.insecure('cp1', 'get', 'systemdisk', '-o', 'json')).stdout, '');
    await fixture.insecure('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'));
    await fixture.lab.until(() => fixture.machine('cp1').inspect().api === 'configured');
    assert.equal(fixture.lab.journal.effects('cp1', 'installed').length, 1);
  });

  test('of a user volume wipes its partition on whatever disk it is', async (t) => {
    const documents =
      '---\napiVersion: v1alpha1\nkind: UserVolumeConfig\nname: data\nprovisioning:\n    diskSelector:\n        match: disk.transport == "usb"\n';
    const fixture = await startFixture(t, { isCluster: true, documents, machine: { extraDisks: [usb] } });
    assert.equal((await fixture.on('cp1', 'reset', ...wipe, 'u-data')).code, 0);
    await fixture.lab.until(() => fixture.lab.journal.effects('cp1', 'rebooted').length === 1);
    await fixture.lab.until(() => isHealthy(fixture.lab));
    assert.deepEqual(fixture.machine('cp1').inspect().disks[1]?.partitions, [{ label: 'u-data', files: {} }]);
  });

  test('takes over from a boot that waits for a bootstrap', async (t) => {
    const fixture = await startFixture(t);
    await maintenance(fixture);
    await fixture.insecure('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'));
    await fixture.lab.until(
      () =>
        fixture.machine('cp1').inspect().api === 'configured' && fixture.machine('cp1').inspect().etcd === 'waiting',
    );
    assert.equal(fixture.machine('cp1').inspect().stage, 'booting');
    await fixture.on('cp1', 'reset', ...wipe, 'STATE,EPHEMERAL');
    await maintenance(fixture);
    assert.equal(fixture.lab.journal.effects('cp1', 'sequence-canceled').length, 1);
  });

  test('without --reboot powers the machine off', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    await fixture.on('cp1', 'reset', '--graceful=false', '--system-labels-to-wipe', 'STATE,EPHEMERAL', '--wait=false');
    await fixture.lab.until(() => fixture.machine('cp1').inspect().stage === 'off');
    assert.equal(fixture.lab.journal.effects('cp1', 'shut-down').length, 1);
    fixture.machine('cp1').powerOn();
    await maintenance(fixture);
  });

  test('of a user disk wipes that disk and nothing else', async (t) => {
    const fixture = await startFixture(t, { isCluster: true, machine: { extraDisks: [usb] } });
    const reset = (...args: string[]) =>
      fixture.on('cp1', 'reset', '--graceful=false', '--reboot', '--wait=false', ...args);
    assert.match(
      (await reset('--wipe-mode', 'user-disks', '--user-disks-to-wipe', '/dev/sdb')).stderr,
      /device \/dev\/sdb wasn't found/,
    );
    assert.match(
      (await reset('--user-disks-to-wipe', '/dev/mmcblk0')).stderr,
      /device \/dev\/mmcblk0 is the system disk/,
    );
    assert.match(
      (await reset('--wipe-mode', 'system-disk', '--user-disks-to-wipe', '/dev/sda')).stderr,
      /SYSTEM_DISK doesn't support UserDisksToWipe/,
    );
    assert.match(
      (await reset('--wipe-mode', 'user-disks', '--system-labels-to-wipe', 'STATE')).stderr,
      /USER_DISKS doesn't support SystemPartitionsToWipe/,
    );
    assert.match(
      (await reset('--system-labels-to-wipe', 'NOSUCH')).stderr,
      /failed to get volume status with label "NOSUCH"/,
    );
    assert.deepEqual(fixture.lab.journal.effects('cp1', 'wiped-disk'), []);

    await reset('--wipe-mode', 'user-disks', '--user-disks-to-wipe', '/dev/sda');
    await fixture.lab.until(() => fixture.lab.journal.effects('cp1', 'rebooted').length === 1);
    await fixture.lab.until(() => isHealthy(fixture.lab));
    assert.deepEqual(fixture.machine('cp1').inspect().disks[1]?.partitions, []);
  });

  test('is dropped while another one runs, and canceled by a reboot: then nothing is wiped', async (t) => {
    const fixture = await startFixture(t, { isCluster: true, timings: { stopPods: 300_000 } });
    await fixture.on('cp1', 'reset', ...wipe, 'STATE,EPHEMERAL');
    await fixture.lab.until(() => fixture.machine('cp1').inspect().stage === 'resetting');
    assert.equal((await fixture.on('cp1', 'reset', ...wipe, 'STATE,EPHEMERAL')).code, 0);
    await fixture.lab.until(() => fixture.lab.journal.effects('cp1', 'sequence-dropped').length === 1);

    fixture.machine('cp1').setTimings({ stopPods: 100 });
    assert.equal((await fixture.on('cp1', 'reboot', '--wait=false')).code, 0);
    await fixture.lab.until(() => fixture.lab.journal.effects('cp1', 'rebooted').length === 1);
    await fixture.lab.until(() => isHealthy(fixture.lab));
    assert.equal(fixture.lab.journal.effects('cp1', 'sequence-canceled').length, 1);
    assert.deepEqual(fixture.lab.journal.effects('cp1', 'wiped'), []);
  });

  test('gracefully leaves etcd first, and fails for the last member: it comes back as it was', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, isCluster: true });
    const graceful = (name: string) =>
      fixture.on(name, 'reset', '--reboot', '--system-labels-to-wipe', 'STATE,EPHEMERAL', '--wait=false');
    for (const name of ['cp3', 'cp2']) {
      await graceful(name);
      await fixture.lab.until(() => fixture.machine(name).inspect().api === 'maintenance');
    }
    assert.deepEqual(fixture.machine('cp1').inspect().etcdMembers, ['cp1']);

    await graceful('cp1');
    await fixture.lab.until(() => fixture.lab.journal.effects('cp1', 'rebooted').length === 1);
    await fixture.lab.until(() => fixture.machine('cp1').inspect().stage === 'running');
    assert.equal(fixture.lab.journal.effects('cp1', 'sequence-failed').length, 1);
    assert.deepEqual(fixture.lab.journal.effects('cp1', 'wiped'), []);
  });

  test('is followed by talosctl to its end, as a reboot is', async (t) => {
    // talosctl looks again only every second: what takes less time than that, it misses.
    const fixture = await startFixture(t, { isCluster: true, speed: 12 });
    const reboot = await fixture.on('cp1', 'reboot', '--timeout', '40s');
    assert.equal(reboot.code, 0, reboot.stderr);
    assert.match(reboot.stderr, /events check condition met/);
    const reset = await fixture.on(
      'cp1',
      'reset',
      '--graceful=false',
      '--reboot',
      '--system-labels-to-wipe',
      'STATE,EPHEMERAL',
      '--timeout',
      '40s',
    );
    assert.equal(reset.code, 0, reset.stderr);
    await maintenance(fixture);
  });

  test('and reboot and shutdown answer before anything happens', async (t) => {
    const fixture = await startFixture(t, { isCluster: true, timings: { stopPods: 1e9 } });
    const answered = await fixture.on('cp1', 'reset', ...wipe, 'STATE,EPHEMERAL');
    assert.equal(answered.code, 0);
    assert.equal(fixture.machine('cp1').inspect().api, 'configured');
    assert.deepEqual(fixture.lab.journal.effects('cp1', 'wiped'), []);
    fixture.machine('cp1').setTimings({ stopPods: 10 });
    assert.equal((await fixture.on('cp1', 'shutdown', '--wait=false', '--force')).code, 0);
    await fixture.lab.until(() => fixture.machine('cp1').inspect().stage === 'off');
    assert.deepEqual(fixture.lab.journal.effects('cp1', 'wiped'), []);
  });
});

async function maintenance(fixture: Fixture): Promise<void> {
  await fixture.lab.until(() => fixture.machine('cp1').inspect().api === 'maintenance');
}
