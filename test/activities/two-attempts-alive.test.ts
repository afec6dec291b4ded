import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActivityNotFoundError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { startActivityLab } from './activity-lab.ts';
import { isFailure } from './attempt.ts';

// A suspended laptop or a false heartbeat timeout leaves two attempts at one step.
describe('of two attempts at one reset', () => {
  test('the one that was superseded sends nothing', async (t) => {
    const lab = await startActivityLab(t);
    const superseded = lab.carryOut('resetNode', lab.way('cp-1'), {
      beforeActing: () => Promise.reject(new ActivityNotFoundError('activity not found')),
    });
    await assert.rejects(superseded, CancelledFailure);
    assert.deepEqual(lab.requests('cp-1', 'Reset'), []);

    await lab.carryOut('resetNode', lab.way('cp-1')); // the one that counts
    assert.equal(lab.requests('cp-1', 'Reset').length, 1);
  });

  test('both together wipe once, as they look and act one after the other', async (t) => {
    const lab = await startActivityLab(t);
    await Promise.all([lab.carryOut('resetNode', lab.way('cp-1')), lab.carryOut('resetNode', lab.way('cp-1'))]);

    assert.equal(lab.requests('cp-1', 'Reset').length, 1);
    assert.equal(lab.effects('cp-1', 'wiped'), 1);
  });

  test('one that slept between looking and acting looks again', async (t) => {
    const sleeping = async (forMs: number): Promise<ReturnType<typeof startActivityLab>> => {
      const lab = await startActivityLab(t);
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
      let slept = false;
      const result = lab.carryOut('resetNode', lab.way('cp-1'), {
        beforeActing: () => {
          if (slept) return;
          slept = true;
          t.mock.timers.setTime(Date.now() + forMs);
          lab.machine('cp-1').swapIdentity({ serial: 'OTHER-0001' });
        },
      });
      await assert.rejects(result, isFailure('WrongMachine', /^cp-1: another machine .*OTHER-0001/));
      t.mock.timers.reset();
      return lab;
    };

    const awake = await sleeping(4000);
    assert.equal(awake.requests('cp-1', 'Reset').length, 1, 'a look that is fresh is acted on');
    const slept = await sleeping(6000);
    assert.deepEqual(slept.requests('cp-1', 'Reset'), []);
  });

  test('the second goes on with the time limit and the words of the first', async (t) => {
    const lab = await startActivityLab(t, { timeout: '60s' });
    lab.machine('cp-1').powerOff();
    const first = lab.begin('resetNode', lab.way('cp-1'));
    await lab.until(() => first.heartbeats.some(({ seeing }) => seeing.startsWith('cp-1: unreachable')));
    await first.end();

    const second = lab.begin('resetNode', lab.way('cp-1'), { after: first });
    await lab.until(() => second.heartbeats.length > 0);
    assert.equal(second.heartbeats[0]?.startedAt, first.heartbeats[0]?.startedAt);
    assert.match(second.heartbeats[0]?.seeing ?? '', /^cp-1: unreachable/);
    await second.end();
  });

  test('the heartbeat before acting carries on what the next attempt needs', async (t) => {
    const lab = await startActivityLab(t);
    const first = lab.begin('resetNode', lab.way('cp-1'), { beforeActing: () => Promise.reject(new Error('stop')) });
    await assert.rejects(first.result, /stop/);

    assert.equal(first.heartbeats.at(-1)?.startedAt, first.heartbeats[0]?.startedAt);
  });
});
