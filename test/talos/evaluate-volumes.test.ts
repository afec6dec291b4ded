import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plannedVolumeInWords } from '../../src/run/plan/volume-fate.ts';
import { parseConfiguration } from '../../src/talos/config-documents.ts';
import { evaluateVolumes, keptVolumes } from '../../src/talos/evaluate-volumes.ts';
import { storageOf } from '../../src/talos/storage.ts';
import type { MachineStorage } from '../../src/talos/storage.ts';
import { leavesRoom, volumesIn } from '../../src/talos/volume-documents.ts';

const sd = { dev_path: '/dev/mmcblk0', size: 64e9, model: 'SD64G', serial: '0x1', transport: 'mmc' };
const usb = {
  dev_path: '/dev/sda',
  size: 1_000_204_886_016,
  model: 'Expansion',
  serial: 'NAB0',
  transport: 'usb',
  symlinks: ['/dev/disk/by-id/usb-NAB0'],
};

interface OnDisk {
  readonly label?: string;
  readonly name: string;
  readonly size?: number;
}

const system: readonly OnDisk[] = ['EFI', 'META', 'STATE', 'EPHEMERAL'].map((label) => ({
  label,
  name: 'xfs',
  size: 1e9,
}));

/** A Pi with Talos on its SD card, and a USB disk with these partitions; or with this file system on all of it. */
function machine(
  onUsb: readonly OnDisk[],
  { whole = '', onSd = system, disks = [sd, usb] as readonly (typeof sd)[] } = {},
): MachineStorage {
  const partitions = (disk: string, all: readonly OnDisk[]) =>
    all.map(({ label = '', name, size = 1e9 }, at) => ({
      id: `${disk}${at + 1}`,
      spec: {
        dev_path: `/dev/${disk}${disk === 'sda' ? '' : 'p'}${at + 1}`,
        parent_dev_path: `/dev/${disk}`,
        partition_index: at + 1,
        partition_label: label,
        partition_uuid: `uuid-${disk}-${at + 1}`,
        name,
        size,
      },
    }));
  return storageOf({
    disks: disks.map((spec) => ({ id: spec.dev_path.slice(5), spec })),
    discoveredvolumes: [
      { id: 'mmcblk0', spec: { dev_path: '/dev/mmcblk0', name: 'gpt', size: sd.size } },
      ...partitions('mmcblk0', onSd),
      { id: 'sda', spec: { dev_path: '/dev/sda', name: whole || (onUsb.length > 0 ? 'gpt' : ''), size: usb.size } },
      ...partitions('sda', onUsb),
    ],
    systemdisk: [{ id: 'system-disk', spec: { devPath: '/dev/mmcblk0' } }],
    volumestatus: [],
    hostname: [{ id: 'hostname', spec: { hostname: 'pi-11' } }],
  });
}

function evaluation(storage: MachineStorage, yaml: string) {
  return { storage, isReset: true, leavesRoom: leavesRoom(parseConfiguration(yaml)) };
}

/** What each volume of a configuration comes to, in words. */
function told(storage: MachineStorage, yaml: string): string[] {
  return evaluateVolumes(volumesIn(parseConfiguration(yaml)), evaluation(storage, yaml)).map(plannedVolumeInWords);
}

function userVolume(match: string, more = ''): string {
  return `apiVersion: v1alpha1\nkind: UserVolumeConfig\nname: data\nprovisioning: { diskSelector: { match: '${match}' } }\n${more}`;
}

function existing(match: string): string {
  return `apiVersion: v1alpha1\nkind: ExistingVolumeConfig\nname: usb\ndiscovery: { volumeSelector: { match: '${match}' } }\n`;
}

const oldForm = 'machine: { disks: [{ device: /dev/sda, partitions: [{ mountpoint: /var/mnt/data }] }] }\n';
const left = [{ name: 'xfs', size: 1_000_202_788_864 }]; // what `machine.disks` leaves: no label

describe('a volume document, evaluated against a machine', () => {
  test('names the partition that it matches by size, label, UUID and disk', () => {
    assert.deepEqual(told(machine(left), existing('volume.name == "xfs" && disk.transport == "usb"')), [
      'ExistingVolumeConfig usb: matches /dev/sda1 (1 TB, xfs, no label, UUID uuid-sda-1) on the 1 TB USB disk /dev/sda (Expansion, serial NAB0); it stays as it is',
    ]);
    assert.match(
      told(machine(left), oldForm)[0] ?? '',
      /^machine\.disks \/dev\/sda partition 1: matches \/dev\/sda1 .*stays as it is$/,
    );
    assert.match(
      told(machine([{ label: 'u-data', name: 'xfs' }]), userVolume('disk.transport == "usb"'))[0] ?? '',
      /matches \/dev\/sda1 \(1 GB, xfs, label u-data/,
    );
  });

  test('knows a disk by a link to it', () => {
    assert.match(
      told(machine(left), oldForm.replace('/dev/sda', '/dev/disk/by-id/usb-NAB0'))[0] ?? '',
      /matches \/dev\/sda1/,
    );
  });

  test('says what it would make and format, and only where there is room', () => {
    const usbOnly = userVolume('disk.transport == "usb"');
    assert.match(
      told(machine([]), usbOnly)[0] ?? '',
      /would make a new partition on the 1 TB USB disk .* and format it as xfs/,
    );
    assert.match(told(machine(left), usbOnly)[0] ?? '', /matches nothing: there is no room on \/dev\/sda/);
    assert.match(told(machine([], { whole: 'ext4' }), usbOnly)[0] ?? '', /matches nothing: there is no room/);
    assert.match(
      told(machine([{ label: 'u-data', name: '' }]), usbOnly)[0] ?? '',
      /matches \/dev\/sda1 .*; would format it as xfs/,
    );
    const whole = userVolume('disk.transport == "usb"', 'volumeType: disk\n');
    assert.match(told(machine([]), whole)[0] ?? '', /would format the whole 1 TB USB disk .* which is empty/);
    assert.match(told(machine([], { whole: 'xfs' }), whole)[0] ?? '', /matches the whole 1 TB USB disk/);
  });

  test('finds no room on the system disk unless EPHEMERAL leaves some', () => {
    const onSystem = userVolume('system_disk', '');
    assert.match(told(machine([]), onSystem)[0] ?? '', /no room on \/dev\/mmcblk0/);
    const limit = `${onSystem}---\napiVersion: v1alpha1\nkind: VolumeConfig\nname: EPHEMERAL\nprovisioning: { maxSize: 20GB }\n`;
    assert.match(told(machine([]), limit)[0] ?? '', /would make a new partition on the 64 GB SD card or eMMC/);
  });

  test('matches nothing where the disk is not there, the content is another, or STATE and EPHEMERAL are all that fits', () => {
    assert.match(
      told(machine(left, { disks: [sd] }), oldForm)[0] ?? '',
      /matches nothing: this machine has no disk \/dev\/sda/,
    );
    assert.match(
      told(machine(left), existing('disk.serial == "OTHER"'))[0] ?? '',
      /matches nothing: no partition of this machine/,
    );
    assert.match(told(machine(left), existing('volume.partition_label == "EPHEMERAL"'))[0] ?? '', /matches nothing/);
    assert.match(
      told(machine([{ label: 'u-data', name: 'ext4' }]), userVolume('true'))[0] ?? '',
      /matches nothing: \/dev\/sda1 holds ext4, not xfs; Talos refuses/,
    );
    assert.match(
      told(machine([{ label: 'u-data', name: 'luks' }]), userVolume('true'))[0] ?? '',
      /is encrypted, and the document says nothing/,
    );
    assert.match(
      told(machine([{ name: '' }]), existing('volume.partition_index == 1u && disk.transport == "usb"'))[0] ?? '',
      /no file system/,
    );
  });

  test('says that it cannot be evaluated rather than guess', () => {
    assert.match(
      told(machine(left), existing('volume.colour == "red"'))[0] ?? '',
      /cannot be evaluated here: `volume\.colour/,
    );
    assert.match(
      told(machine([...left, ...left]), existing('disk.transport == "usb" && volume.name == "xfs"'))[0] ?? '',
      /cannot be evaluated here: it holds for \/dev\/sda1 and \/dev\/sda2, and Talos takes the one that it finds first/,
    );
  });

  test('covers raw, swap and directory volumes', () => {
    const raw = userVolume('disk.transport == "usb"').replace('UserVolumeConfig', 'RawVolumeConfig');
    assert.match(
      told(machine([{ label: 'r-data', name: 'ceph' }]), raw)[0] ?? '',
      /RawVolumeConfig data: matches .*stays as it is/,
    );
    const swap = userVolume('disk.transport == "usb"').replace('UserVolumeConfig', 'SwapVolumeConfig');
    assert.match(told(machine([]), swap)[0] ?? '', /SwapVolumeConfig data: would make .* format it as swap/);
    const directory = 'apiVersion: v1alpha1\nkind: UserVolumeConfig\nname: data\nvolumeType: directory\n';
    assert.match(told(machine([]), directory)[0] ?? '', /a directory on EPHEMERAL, empty after the rebuild/);
  });
});

describe('a volume that outlives the rebuild', () => {
  const kept = (storage: MachineStorage, running: string, planned: string) => {
    const documents = volumesIn(parseConfiguration(planned));
    const how = evaluation(storage, planned);
    return keptVolumes(volumesIn(parseConfiguration(running)), documents, evaluateVolumes(documents, how), how);
  };
  const encrypted = (keys: string) =>
    userVolume('disk.transport == "usb"', `encryption: { provider: luks2, keys: [${keys}] }\n`);
  const storage = machine([{ label: 'u-data', name: 'luks' }]);

  test('has the name that it has today and the document that takes it over', () => {
    const [volume] = kept(machine(left), oldForm, existing('volume.name == "xfs" && disk.transport == "usb"'));
    assert.equal(volume?.name, '/dev/sda partition 1');
    assert.equal(volume?.takenOverBy, 'ExistingVolumeConfig usb');
    assert.equal(kept(machine(left), oldForm, '')[0]?.takenOverBy, undefined);
  });

  test('is unreadable when its key is locked to STATE, or when the new configuration has none of its keys', () => {
    const locked = encrypted('{ slot: 0, nodeID: {}, lockToState: true }');
    assert.match(kept(storage, locked, locked)[0]?.unreadable ?? '', /locked to STATE, which is wiped/);
    const passphrase = encrypted('{ slot: 0, static: { passphrase: one } }');
    assert.equal(kept(storage, passphrase, passphrase)[0]?.unreadable, undefined);
    const other = kept(storage, passphrase, encrypted('{ slot: 0, static: { passphrase: two } }'))[0]?.unreadable ?? '';
    assert.match(other, /none of its keys/);
    const both = encrypted('{ slot: 0, nodeID: {}, lockToState: true }, { slot: 1, static: { passphrase: one } }');
    assert.equal(kept(storage, both, both)[0]?.unreadable, undefined);
  });
});
