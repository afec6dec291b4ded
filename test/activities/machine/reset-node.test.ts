import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startActivityLab } from '../activity-lab.ts';
import { isFailure } from '../attempt.ts';

describe('resetNode', () => {
  test('wipes STATE and EPHEMERAL once and nothing else, and finds the same machine in maintenance mode', async (t) => {
    const usb = { label: 'u-data', sizeBytes: 1e9, files: { 'photo.jpg': 'precious' } };
    const lab = await startActivityLab(t, {
      machine: (spec) => ({
        ...spec,
        extraDisks: [{ devPath: '/dev/sda', sizeBytes: 1e12, transport: 'usb', partitions: [usb] }],
      }),
    });
    await lab.carryOut('resetNode', lab.way('cp-1'));

    const [reset, ...others] = lab.requests('cp-1', 'Reset');
    assert.deepEqual(others, []);
    assert.equal(reset?.role, 'os:admin');
    const wiped = lab.lab.journal.effects('cp-1').filter(({ effect }) => effect.startsWith('wiped'));
    assert.deepEqual(
      wiped.map(({ details }) => details),
      [{ labels: ['STATE', 'EPHEMERAL'] }],
    );
    const { api, disks, isBricked } = lab.machine('cp-1').inspect();
    assert.equal(api, 'maintenance');
    assert.equal(isBricked, false);
    const [system, data] = disks.map(({ partitions }) => partitions);
    assert.deepEqual(
      system?.map(({ label }) => label),
      ['EFI', 'META'],
    );
    assert.deepEqual(
      data?.map(({ label, files }) => ({ label, files })),
      [{ label: 'u-data', files: usb.files }],
    );
    assert.ok((await lab.record()).nodes['cp-1']?.maintenanceSeenAt);
  });

  test('sends nothing to a machine that is in maintenance mode already', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none', timeout: '5s' });
    await lab.carryOut('resetNode', lab.way('cp-1'));

    assert.deepEqual(lab.requests('cp-1', 'Reset'), []);
    assert.ok((await lab.record()).nodes['cp-1']?.maintenanceSeenAt);
  });

  test('reports a machine that comes back with its old configuration, and resets it anew when asked again', async (t) => {
    const lab = await startActivityLab(t, { speed: 25 });
    const failed = lab.begin('resetNode', lab.way('cp-1'));
    await lab.until(() => lab.machine('cp-1').inspect().stage === 'resetting');
    lab.machine('cp-1').crash();

    await assert.rejects(failed.result, isFailure('CommandFailed', /^cp-1: came back running under set 2025-01-01/));
    assert.equal(lab.effects('cp-1', 'wiped'), 0);

    await lab.carryOut('resetNode', lab.way('cp-1'));
    assert.equal(lab.requests('cp-1', 'Reset').length, 2);
    assert.equal(lab.effects('cp-1', 'wiped'), 1);
  });

  test('says after its time that a machine is unreachable, and sends nothing to it', async (t) => {
    const lab = await startActivityLab(t, { timeout: '4s' });
    lab.machine('cp-1').powerOff();

    await assert.rejects(
      lab.carryOut('resetNode', lab.way('cp-1')),
      isFailure('NodeUnreachable', /^cp-1: not .* after 4 s: it is unreachable/),
    );
    assert.deepEqual(lab.requests('cp-1', 'Reset'), []);
  });

  test('says after its time that a machine stays where it is', async (t) => {
    const lab = await startActivityLab(t, { timeout: '4s' });
    lab.lab.faults.inject({ method: 'Reset', phase: 'before', action: { drop: true } });

    await assert.rejects(
      lab.carryOut('resetNode', lab.way('cp-1')),
      isFailure('NotYet', /^cp-1: not in maintenance mode after 4 s: it is running under its old set/),
    );
    assert.equal(lab.effects('cp-1', 'wiped'), 0);
  });
});
