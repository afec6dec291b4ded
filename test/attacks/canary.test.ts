import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rehearse } from '../rebuild/rehearsal.ts';
import { watchForHarm } from './harm.ts';

describe('a canary that never returns', () => {
  test('holds the run, which can be called off cleanly: the control plane is untouched', async (t) => {
    const { lab, start } = await rehearse(t, {
      controlPlanes: 1,
      workers: 1,
      settings: 'timeouts: { reset: 6s, apply: 3s }\n',
    });
    const assertUnharmed = watchForHarm(lab);
    const rebuild = await start();
    await rebuild.approve();
    await lab.until(() => lab.journal.effects('w-1', 'wiped').length === 1);
    lab.machine('w-1').powerOff();

    const gate = await rebuild.gate('canary/w-1');
    assert.ok(gate.kind === 'failure');
    assert.match(gate.seen, /^w-1: not in maintenance mode after 6 s: it is unreachable/);
    assert.match(gate.remedy, /power/);
    assert.equal((await rebuild.progress()).pointOfNoReturnPassedAt, undefined);

    await rebuild.cancel();
    const givingBack = await rebuild.gate('canary');
    assert.ok(givingBack.kind === 'failure');
    assert.match(givingBack.seen, /^w-1: not in maintenance mode after 9 s: it is unreachable/);
    assert.deepEqual(givingBack.choices, ['retry', 'skip']);
    await rebuild.answer('canary', 'skip');
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'called off', progress.verdict);
    assert.match(progress.verdict ?? '', /Called off by test: changed our mind/);
    assert.ok(progress.remarks.some(({ text }) => /Not given back: w-1: /.test(text)));
    assertUnharmed('cp-1');
    assert.throws(() => assertUnharmed('w-1'), /w-1: wiped/, 'the search finds the reset of the canary');
    assert.ok(lab.machine('cp-1').inspect().isNodeReady);
  });
});
