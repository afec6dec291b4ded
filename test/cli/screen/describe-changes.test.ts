import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeChanges } from '../../../src/cli/screen/describe-changes.ts';
import type { Progress } from '../../../src/run/progress.ts';
import { failureGate, running } from '../sample-run.ts';

test('the first look tells what happened so far', () => {
  assert.deepEqual(describeChanges(undefined, running), [
    'Preflight: done after 1 min',
    'Generate: done after 1 min',
    'Plan: write down what will be wiped, kept and rebooted',
    'pi-11: resetting',
    'pi-14: in maintenance mode',
  ]);
});

test('the same state twice tells nothing', () => {
  assert.deepEqual(describeChanges(running, structuredClone(running)), []);
});

test('a gate is told once, and again when it is asked anew', () => {
  const held: Progress = { ...running, gates: [failureGate] };
  assert.equal(describeChanges(running, held).length, 1);
  assert.deepEqual(describeChanges(held, held), []);
  assert.equal(describeChanges(held, { ...held, gates: [{ ...failureGate, nonce: 'nonce-3' }] }).length, 1);
});

test('new remarks are told though old ones fall off the list', () => {
  const remark = (n: number) => ({ at: `2026-11-22T12:00:0${n}.000Z`, text: `remark ${n}` });
  const before: Progress = { ...running, remarks: [remark(1), remark(2)] };
  const after: Progress = { ...running, remarks: [remark(2), remark(3)] };
  assert.deepEqual(describeChanges(before, after), ['remark 3']);
});

test('the end is told with its verdict', () => {
  assert.deepEqual(describeChanges(running, { ...running, outcome: 'rejected', verdict: 'Rejected by anna.' }), [
    'Rejected. Rejected by anna.',
  ]);
});
