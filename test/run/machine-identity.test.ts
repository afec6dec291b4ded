import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { identityDifferences } from '../../src/run/machine-identity.ts';
import type { MachineIdentity } from '../../src/run/machine-identity.ts';

const planned: MachineIdentity = {
  macs: ['aa:bb:cc:00:00:01'],
  serial: '',
  uuid: 'u-1',
  systemDisk: { devPath: '/dev/mmcblk0', sizeBytes: 64e9, model: 'SD64G', serial: '0x1' },
};

describe('identityDifferences', () => {
  test('finds none in the same machine, whatever its disk is called after this boot', () => {
    const seen = {
      ...planned,
      systemDisk: { devPath: '/dev/mmcblk1', sizeBytes: 64e9, model: 'SD64G', serial: '0x1' },
    };
    assert.deepEqual(identityDifferences(planned, seen), []);
  });

  test('takes an empty serial for a fact: a machine that has one is another', () => {
    assert.deepEqual(identityDifferences(planned, { ...planned, serial: 'X' }), ['serial X, planned (none)']);
  });

  test('names each thing that differs', () => {
    const seen: MachineIdentity = { macs: ['aa:bb:cc:00:00:02'], serial: '', uuid: 'u-2' };
    assert.deepEqual(identityDifferences(planned, seen), [
      'hardware address aa:bb:cc:00:00:02, planned aa:bb:cc:00:00:01',
      'UUID u-2, planned u-1',
      'system disk (none), planned SD64G, serial 0x1, 64000000000 bytes',
    ]);
  });
});
