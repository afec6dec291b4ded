import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rehearse } from './rehearsal.ts';

describe('a rebuild', () => {
  test('tears three control planes and a worker down and builds them again with a VIP that fails over', async (t) => {
    const rehearsal = await rehearse(t);
    const rebuild = await rehearsal.start();
    await rebuild.approve();
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.equal(rehearsal.lab.journal.requests(undefined, 'Reset').length, 4);
  });
});
