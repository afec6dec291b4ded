import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startActivityLab } from './activity-lab.ts';
import { isFailure } from './attempt.ts';

const others = {
  serial: { serial: 'OTHER-0001' },
  'hardware address': { mac: 'dc:a6:32:ff:ff:ff' },
  'system disk': { diskSerial: '0xffffffff' },
};

// The plan records each machine's hardware addresses, system disk and serial. Another machine that answers at
// its address gets nothing.
describe('another machine at the planned address', () => {
  for (const [what, identity] of Object.entries(others)) {
    test(`is told by its ${what}, and is not reset`, async (t) => {
      const lab = await startActivityLab(t);
      lab.machine('cp-1').swapIdentity(identity);

      await assert.rejects(
        lab.carryOut('resetNode', lab.way('cp-1')),
        isFailure(
          'WrongMachine',
          new RegExp(`^cp-1: another machine answers at .*${what} .*planned.*Nothing was sent to it`),
        ),
      );
      assert.deepEqual(lab.requests('cp-1', 'Reset'), []);
    });

    test(`is told by its ${what}, and gets no configuration`, async (t) => {
      const lab = await startActivityLab(t, { cluster: 'none' });
      lab.machine('cp-1').swapIdentity(identity);

      await assert.rejects(
        lab.carryOut('applyConfiguration', lab.way('cp-1')),
        isFailure('WrongMachine', new RegExp(`^cp-1: another machine answers at .*${what} `)),
      );
      assert.deepEqual(lab.requests('cp-1', 'ApplyConfiguration'), []);
    });
  }

  test('is not taken for the one that was reset', async (t) => {
    const lab = await startActivityLab(t);
    const reset = lab.begin('resetNode', lab.way('cp-1'));
    await lab.until(() => lab.effects('cp-1', 'rebooted') > 0);
    lab.machine('cp-1').swapIdentity(others.serial);

    await assert.rejects(reset.result, isFailure('WrongMachine', /^cp-1: another machine .*OTHER-0001/));
    assert.equal((await lab.record()).nodes['cp-1']?.maintenanceSeenAt, undefined);
  });

  test('that comes between the last look and the configuration is refused by the certificate', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none' });
    const machine = lab.machine('cp-1');
    await assert.rejects(
      lab.carryOut('applyConfiguration', lab.way('cp-1'), {
        beforeActing: async () => {
          machine.crash();
          machine.swapIdentity(others.serial);
          await lab.until(() => machine.inspect().api === 'maintenance');
        },
      }),
      isFailure('WrongMachine', /^cp-1 .*another certificate/),
    );
    assert.deepEqual(lab.requests('cp-1', 'ApplyConfiguration'), []);

    // It is the certificate that tells: with the one that was seen, the configuration goes out.
    const unchanged = await startActivityLab(t, { cluster: 'none' });
    await unchanged.carryOut('applyConfiguration', unchanged.way('cp-1'), {
      beforeActing: () => unchanged.machine('cp-1').swapIdentity(others.serial),
    });
    assert.equal(unchanged.requests('cp-1', 'ApplyConfiguration').length, 1);
  });
});
