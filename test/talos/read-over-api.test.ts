import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readHardware, readWithTalosctl } from '../../src/talos/identity.ts';
import { readOverApi } from '../../src/talos/read-over-api.ts';
import { startMachine } from './simulated-machine.ts';

const disks = [{ namespace: 'runtime', type: 'Disks.block.talos.dev' }];

describe('reading over the Talos API', () => {
  test('gives what talosctl gives, in maintenance mode and configured', async (t) => {
    const fresh = await startMachine(t, 'maintenance');
    const access = await fresh.inMaintenance();
    assert.deepEqual(await readHardware(access, {}), await readWithTalosctl(access));
    const { configured } = await startMachine(t, 'configured');
    assert.deepEqual(await readHardware(configured, {}), await readWithTalosctl(configured));
  });

  test('needs no process', async (t) => {
    const { configured } = await startMachine(t, 'configured');
    const none = { ...configured, talosctl: { binary: '/nowhere/talosctl' } };
    assert.equal((await readHardware(none, {})).disks[0]?.id, 'mmcblk0');
    await assert.rejects(readWithTalosctl(none), { type: 'ToolMissing' });
  });

  test('asks nothing of a machine in maintenance mode with another certificate', async (t) => {
    const machine = await startMachine(t, 'maintenance');
    const access = { ...(await machine.inMaintenance()), fingerprint: 'AAAA' };
    await assert.rejects(readOverApi(access, disks), /another certificate/);
    assert.deepEqual(machine.lab.journal.requests(), []);
  });

  test('asks nothing of a machine of another cluster', async (t) => {
    const [ours, theirs] = [await startMachine(t, 'configured'), await startMachine(t, 'configured')];
    const before = theirs.lab.journal.requests().length;
    await assert.rejects(readOverApi({ ...ours.configured, address: theirs.address }, disks));
    assert.equal(theirs.lab.journal.requests().length, before);
  });

  test('leaves it to talosctl to say what is wrong', async (t) => {
    const machine = await startMachine(t, 'configured');
    machine.lab.machine('pi-12').powerOff();
    await assert.rejects(readHardware(machine.configured, {}), { type: 'NodeUnreachable' });
  });
});
