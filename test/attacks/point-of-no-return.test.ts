import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nodeWorkflowIdOf } from '../../src/run/request.ts';
import { rehearse } from '../rebuild/rehearsal.ts';

describe('after the point of no return', () => {
  test('no way of cancelling stops the run or has a machine wiped twice: update, Temporal’s cancel, a child’s cancel or end', async (t) => {
    const { lab, client, cluster, start } = await rehearse(t, { controlPlanes: 1, workers: 1 });
    lab.machine('cp-1').setTimings({ boot: 240_000 });
    const rebuild = await start();
    await rebuild.approve();
    await lab.until(() => lab.journal.requests('cp-1', 'Reset').length === 1);

    await assert.rejects(rebuild.cancel(), (error: Error) => {
      assert.match(String(error.cause), /point of no return was passed at .*only forward leads out/);
      assert.match(String(error.cause), /Let it go on, or answer an open gate with abort/);
      return true;
    });
    await rebuild.handle.cancel();
    const child = (name: string) => client.workflow.getHandle(nodeWorkflowIdOf(cluster, name));
    await child('cp-1').cancel();
    const cancelled = await rebuild.gate('reset/cp-1');
    assert.match(cancelled.kind === 'failure' ? cancelled.seen : '', /^cp-1: its workflow was cancelled/);
    await child('w-1').terminate('somebody tidied up');
    const terminated = await rebuild.gate('bootstrap/w-1');
    assert.match(terminated.kind === 'failure' ? terminated.seen : '', /^w-1: its workflow was terminated/);
    assert.ok(
      (await rebuild.progress()).remarks.some(({ text }) => /Temporal asked to cancel .*only forward/.test(text)),
    );

    await rebuild.answer('reset/cp-1', 'retry');
    await rebuild.answer('bootstrap/w-1', 'retry');
    const progress = await rebuild.result();
    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.notEqual(progress.cancelRequestedAt, undefined);
    for (const name of ['cp-1', 'w-1']) {
      assert.equal(lab.journal.requests(name, 'Reset').length, 1, name);
      assert.equal(lab.journal.effects(name, 'wiped').length, 1, name);
      assert.equal(lab.journal.effects(name, 'applied').length, 1, name);
    }
    assert.equal(lab.journal.effects(undefined, 'bootstrapped').length, 1);
  });
});
