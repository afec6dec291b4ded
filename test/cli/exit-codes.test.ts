import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { approvalGate } from './sample-run.ts';

test('a run that ended as wanted is 0, one that did not is 1, an open question is 2', () => {
  assert.equal(exitCodeOf({ outcome: 'rebuilt', gates: [] }), 0);
  assert.equal(exitCodeOf({ outcome: 'planned', gates: [] }), 0);
  for (const outcome of ['refused', 'rejected', 'expired', 'called off', 'aborted'] as const) {
    assert.equal(exitCodeOf({ outcome, gates: [] }), 1, outcome);
  }
  assert.equal(exitCodeOf({ gates: [approvalGate] }), 2);
  assert.equal(exitCodeOf({ gates: [] }), 0);
});
