import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SelectorNotUnderstood, diskSelector, volumeSelector } from '../../src/talos/selectors.ts';

const usb = {
  dev_path: '/dev/sda',
  size: 1_000_204_886_016,
  serial: 'NAB0DEM0',
  model: 'Expansion',
  transport: 'usb',
  symlinks: ['/dev/disk/by-id/usb-Expansion_NAB0DEM0'],
};
const partition = { name: 'xfs', size: 1_000_202_788_864, partition_index: 1, parent_dev_path: '/dev/sda' };

describe('a selector of disks', () => {
  const holds: Record<string, boolean> = {
    'disk.serial == "NAB0DEM0"': true,
    "disk.serial == 'OTHER'": false,
    'disk.transport == "usb" && !system_disk': true,
    system_disk: false,
    'disk.size > 100u * GiB': true,
    'disk.size >= 900u * GB && disk.size <= 1100u * GB': true,
    'disk.size > 1u * TiB': false,
    'disk.transport in ["nvme", "sata"] || disk.model.startsWith("Exp")': true,
    '"/dev/disk/by-id/usb-Expansion_NAB0DEM0" in disk.symlinks': true,
    'disk.symlinks.exists(link, link.contains("NAB0"))': true,
    'glob("Exp*", disk.model)': true,
    'glob("Exp", disk.model)': false,
    'disk.rotational': false, // absent is false, as in protobuf
    'disk.wwid == ""': true,
    '!(disk.size == 0u) && (system_disk ? false : true)': true,
    false: false,
  };
  for (const [expression, expected] of Object.entries(holds)) {
    test(`${expected ? 'holds' : 'does not hold'}: ${expression}`, () => {
      assert.equal(diskSelector(expression)(usb, false), expected);
    });
  }

  test('sees which disk Talos is on', () => {
    assert.equal(diskSelector('system_disk')(usb, true), true);
  });

  for (const expression of ['disk.nope == ""', 'volume.name == "xfs"', 'disk.size', 'disk.size >', 'weather()', '']) {
    test(`is not understood rather than guessed: ${expression || '(empty)'}`, () => {
      assert.throws(() => diskSelector(expression), SelectorNotUnderstood);
    });
  }
});

describe('a selector of volumes', () => {
  test('sees the volume and the disk that it is on', () => {
    const match =
      'volume.name == "xfs" && volume.partition_index == 1u && disk.transport == "usb" && disk.size >= 900u * GB';
    assert.equal(volumeSelector(match)(partition, usb), true);
    assert.equal(volumeSelector(match)({ ...partition, partition_index: 2 }, usb), false);
    assert.equal(volumeSelector('volume.partition_label == "u-data"')({ partition_label: 'u-data' }, {}), true);
  });

  test('knows no system disk, as in Talos', () => {
    assert.throws(() => volumeSelector('system_disk'), SelectorNotUnderstood);
  });
});
