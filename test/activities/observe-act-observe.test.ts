import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startActivityLab } from './activity-lab.ts';
import type { ActivityLab } from './activity-lab.ts';

// An activity never trusts that a command worked and never remembers what it did. Whatever becomes of an
// attempt, a machine is wiped once.
describe('a reset', () => {
  test('is not sent again when its answer was lost', async (t) => {
    const lab = await startActivityLab(t);
    lab.lab.faults.inject({ method: 'Reset', phase: 'after', action: { drop: true }, times: 1 });
    await lab.carryOut('resetNode', lab.way('cp-1'));

    assertWipedOnce(lab);
  });

  test('is not sent again when its answer comes late, or never', async (t) => {
    for (const action of [{ delayMs: 8000 }, { hang: true }] as const) {
      const lab = await startActivityLab(t);
      lab.lab.faults.inject({ method: 'Reset', phase: 'after', action, times: 1 });
      await lab.carryOut('resetNode', lab.way('cp-1'));

      assertWipedOnce(lab);
    }
  });

  test('is not sent again when the worker died before it heard the answer', async (t) => {
    const lab = await startActivityLab(t);
    const first = lab.begin('resetNode', lab.way('cp-1'));
    await lab.endAfter(first, 'cp-1', 'Reset');
    assert.equal(lab.effects('cp-1', 'wiped'), 0, 'the machine was still at it');

    await lab.carryOut('resetNode', lab.way('cp-1'), { after: first });
    assertWipedOnce(lab);
  });

  test('is not sent again when the worker died while the machine was away', async (t) => {
    const lab = await startActivityLab(t);
    const first = lab.begin('resetNode', lab.way('cp-1'));
    await lab.until(() => lab.effects('cp-1', 'rebooted') > 0);
    await first.end();

    await lab.carryOut('resetNode', lab.way('cp-1'), { after: first });
    assertWipedOnce(lab);
  });

  test('is sent again when the worker died and the machine never got it', async (t) => {
    const lab = await startActivityLab(t);
    lab.lab.faults.inject({ method: 'Reset', phase: 'before', action: { hang: true }, times: 1 });
    const first = lab.begin('resetNode', lab.way('cp-1'));
    await lab.endAfter(first, 'cp-1', 'Reset');

    await lab.carryOut('resetNode', lab.way('cp-1'), { after: first });
    assert.equal(lab.requests('cp-1', 'Reset').length, 2);
    assert.equal(lab.effects('cp-1', 'wiped'), 1);
  });

  test('is written down before it goes out', async (t) => {
    const lab = await startActivityLab(t);
    lab.lab.faults.inject({ method: 'Reset', phase: 'before', action: { hang: true }, times: 1 });
    const first = lab.begin('resetNode', lab.way('cp-1'));
    await lab.endAfter(first, 'cp-1', 'Reset');

    assert.ok((await lab.record()).nodes['cp-1']?.resetSentAt);
  });
});

function assertWipedOnce(lab: ActivityLab): void {
  assert.equal(lab.requests('cp-1', 'Reset').length, 1);
  assert.equal(lab.effects('cp-1', 'wiped'), 1);
  assert.equal(lab.machine('cp-1').inspect().api, 'maintenance');
}
