import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bootstrap, inMaintenance, isHealthy, objectsIn, startFixture, type Fixture, wipe } from './fixture.ts';

const usb = {
  devPath: '/dev/sda',
  sizeBytes: 1e12,
  model: 'Portable SSD',
  serial: 'USB-0001',
  transport: 'usb' as const,
  partitions: [
    {
      label: 'old-data',
      sizeBytes: 9e11,
      filesystem: 'xfs',
      uuid: '11111111-2222-4333-8444-555555555555',
      files: { 'a/b.txt': 'content' },
    },
  ],
};

describe('what a machine is', () => {
  test('can be read from its links, disks and system information, in maintenance mode too', async (t) => {
    const fixture = await startFixture(t, { machine: { mac: 'dc:a6:32:00:00:02', serial: '', extraDisks: [usb] } });
    await inMaintenance(fixture);
    const read = async (type: string) => objectsIn((await fixture.insecure('cp1', 'get', type, '-o', 'json')).stdout);

    const link = (await read('links')).find(({ metadata }) => metadata.id === 'end0');
    assert.equal((link?.spec ?? {})['permanentAddr'], 'dc:a6:32:00:00:02');
    assert.equal('serialnumber' in ((await read('systeminformation'))[0]?.spec ?? {}), false);
    const disks = await read('disks');
    assert.deepEqual(
      disks.map(({ metadata }) => metadata.id),
      ['mmcblk0', 'sda'],
    );
    const { serial, size, transport, dev_path: devPath } = disks[1]?.spec ?? {};
    assert.deepEqual(
      { serial, size, transport, devPath },
      { serial: 'USB-0001', size: 1e12, transport: 'usb', devPath: '/dev/sda' },
    );
    const [systemDisk] = await read('systemdisk');
    assert.deepEqual(systemDisk?.spec, { diskID: 'mmcblk0', devPath: '/dev/mmcblk0' });
    const volume = (await read('discoveredvolumes')).find(({ metadata }) => metadata.id === 'sda1');
    const { partition_label: label, parent, uuid } = volume?.spec ?? {};
    assert.deepEqual({ label, parent, uuid }, { label: 'old-data', parent: 'sda', uuid: usb.partitions[0]?.uuid });
  });

  test('is another machine when its parts are swapped', async (t) => {
    const fixture = await startFixture(t);
    await inMaintenance(fixture);
    fixture.machine('cp1').swapIdentity({ serial: 'OTHER', mac: 'dc:a6:32:ff:ff:ff', diskSerial: '0xother' });
    assert.match((await fixture.insecure('cp1', 'get', 'systeminformation')).stdout, /OTHER/);
    assert.match((await fixture.insecure('cp1', 'get', 'links')).stdout, /dc:a6:32:ff:ff:ff/);
    assert.match((await fixture.insecure('cp1', 'get', 'disks')).stdout, /0xother/);
  });

  test('changes its automatic hostname with every wipe of STATE, and keeps one that is pinned', async (t) => {
    for (const [edit, isPinned] of [
      [(text: string) => text.replace('auto: off\nhostname: cp1', 'auto: stable'), false],
      [(text: string) => text, true],
    ] as const) {
      const fixture = await startFixture(t, { isCluster: true, edit });
      const { hostname } = fixture.machine('cp1').inspect();
      assert.match(hostname ?? '', isPinned ? /^cp1$/ : /^talos-[0-9a-z]{3}-[0-9a-z]{3}$/);
      fixture.machine('cp1').crash();
      await fixture.lab.until(() => isHealthy(fixture.lab));
      assert.equal(fixture.machine('cp1').inspect().hostname, hostname);
      await rebuild(fixture);
      assert.equal(fixture.machine('cp1').inspect().hostname === hostname, isPinned);
    }
  });
});

describe('volumes of the configuration', () => {
  test('find what is on a disk and leave it as it is', async (t) => {
    const existing =
      '---\napiVersion: v1alpha1\nkind: ExistingVolumeConfig\nname: data\ndiscovery:\n    volumeSelector:\n        match: volume.partition_label == "old-data"\n';
    const fixture = await startFixture(t, { isCluster: true, documents: existing, machine: { extraDisks: [usb] } });
    await rebuild(fixture);
    const { phase, location } = await volumeStatus(fixture, 'e-data');
    assert.deepEqual({ phase, location }, { phase: 'ready', location: '/dev/sda1' });
    const partitions = fixture.machine('cp1').inspect().disks[1]?.partitions;
    assert.deepEqual(partitions, [{ label: 'old-data', files: { 'a/b.txt': 'content' } }]);
    assert.equal((await fixture.on('cp1', 'read', '/var/mnt/data/a/b.txt')).stdout, 'content');
  });

  test('are missing or have failed where nothing matches', async (t) => {
    const documents = [
      'kind: ExistingVolumeConfig\nname: gone\ndiscovery:\n    volumeSelector:\n        match: volume.partition_label == "nowhere"\n',
      'kind: UserVolumeConfig\nname: nvme\nprovisioning:\n    diskSelector:\n        match: disk.transport == "nvme"\n    minSize: 10GB\n',
    ];
    const fixture = await startFixture(t, {
      isCluster: true,
      documents: documents.map((text) => `---\napiVersion: v1alpha1\n${text}`).join(''),
    });
    assert.equal((await volumeStatus(fixture, 'e-gone')).phase, 'missing');
    const failed = await volumeStatus(fixture, 'u-nvme');
    assert.equal(failed.phase, 'failed');
    assert.match(String(failed.errorMessage), /no disks matched/);
  });

  test('of the user are made once and found again by their label', async (t) => {
    const document =
      '---\napiVersion: v1alpha1\nkind: UserVolumeConfig\nname: local\nprovisioning:\n    diskSelector:\n        match: disk.transport == "usb" && !system_disk && disk.size > 100u * GB\n    minSize: 10GiB\n';
    const { partitions: _, ...empty } = usb;
    const fixture = await startFixture(t, { isCluster: true, documents: document, machine: { extraDisks: [empty] } });
    assert.equal((await volumeStatus(fixture, 'u-local')).phase, 'ready');
    const before = (await volumeStatus(fixture, 'u-local')).partitionUUID;
    await rebuild(fixture);
    assert.equal((await volumeStatus(fixture, 'u-local')).partitionUUID, before);
    const inUse = await fixture.on('cp1', 'wipe', 'disk', 'sda1');
    assert.match(inUse.stderr, /blockdevice "sda1" is in use by volume "u-local"/);
  });
});

async function volumeStatus(fixture: Fixture, id: string): Promise<Record<string, unknown>> {
  const result = await fixture.on('cp1', 'get', 'volumestatus', id, '-o', 'json');
  assert.equal(result.code, 0, result.stderr);
  return objectsIn(result.stdout)[0]?.spec ?? {};
}

/** Wipes cp1, gives it its configuration back and bootstraps it. */
async function rebuild(fixture: Fixture): Promise<void> {
  await fixture.on('cp1', 'reset', ...wipe, 'STATE,EPHEMERAL');
  await inMaintenance(fixture);
  await fixture.insecure('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'));
  await bootstrap(fixture, 'cp1');
  await fixture.lab.until(() => isHealthy(fixture.lab));
}
