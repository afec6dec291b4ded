import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answer, ApprovalGate, Decision, FailureGate } from '../../src/run/gates.ts';
import { refuseAnswer, refuseDecision } from '../../src/run/gates.ts';

const approval: ApprovalGate = {
  kind: 'approval',
  consequences: [],
  id: 'approval',
  nonce: 'n1',
  phase: 'approval',
  openedAt: '2026-01-01T00:00:00.000Z',
  title: 'Approve',
  digest: 'sha256:aa',
  deadline: '2026-01-02T00:00:00.000Z',
};
const failure: FailureGate = {
  kind: 'failure',
  id: 'reset/pi-12',
  nonce: 'n2',
  phase: 'reset',
  openedAt: '2026-01-01T00:00:00.000Z',
  title: 'Reset of pi-12 did not succeed',
  seen: 'pi-12: unreachable',
  remedy: 'Look at it.',
  choices: ['retry', 'abort'],
};
const decision: Decision = {
  gate: 'approval',
  nonce: 'n1',
  digest: 'sha256:aa',
  runId: 'run-1',
  decision: 'approve',
  by: 'kim',
  reason: '',
};
const answer: Answer = { gate: 'reset/pi-12', nonce: 'n2', choice: 'retry', by: 'kim', reason: '' };
const before = new Date('2026-01-01T12:00:00.000Z');

describe('refuseDecision', () => {
  const refusal = (change: Partial<Decision>, now = before): string | undefined =>
    refuseDecision([approval, failure], 'run-1', now, { ...decision, ...change });

  test('takes a decision for exactly this plan of this run', () => {
    assert.equal(refusal({}), undefined);
    assert.equal(refusal({ decision: 'reject' }), undefined);
  });

  test('refuses another digest, run, nonce or gate, and says which it should be', () => {
    assert.match(refusal({ digest: 'sha256:bb' }) ?? '', /sha256:bb.*sha256:aa/);
    assert.match(refusal({ runId: 'run-0' }) ?? '', /run-0.*run-1/);
    assert.match(refusal({ nonce: 'n0' }) ?? '', /asked anew/);
    assert.match(refusal({ gate: 'verify' }) ?? '', /no open gate verify; open: approval, reset\/pi-12/);
    assert.match(refusal({ gate: 'reset/pi-12', nonce: 'n2' }) ?? '', /not for an approval/);
  });

  test('refuses from the deadline on', () => {
    assert.match(refusal({}, new Date(approval.deadline)) ?? '', /expired/);
  });

  test('refuses what is neither yes nor no', () => {
    assert.match(refusal({ decision: 'maybe' as never }) ?? '', /approve or reject/);
  });
});

describe('refuseAnswer', () => {
  test('takes the choices that the gate offers and no other', () => {
    assert.equal(refuseAnswer([failure], answer), undefined);
    assert.match(refuseAnswer([failure], { ...answer, choice: 'skip' }) ?? '', /retry or abort, not with skip/);
    assert.match(refuseAnswer([failure], { ...answer, nonce: 'n0' }) ?? '', /asked anew/);
    assert.match(refuseAnswer([approval], { ...answer, gate: 'approval', nonce: 'n1' }) ?? '', /asks for an approval/);
  });
});
