import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { machinesConcerned } from '../../src/run/machines-concerned.ts';

const nodes = [
  ...['cp-1', 'cp-2', 'cp-3'].map((name) => ({ name, role: 'controlplane' as const })),
  ...['w-1', 'w-10'].map((name) => ({ name, role: 'worker' as const })),
];

describe('the machines that a failed step is about', () => {
  test('are the one whose step it was', () => {
    assert.deepEqual(machinesConcerned({ node: 'w-1', phase: 'reset', seen: 'cp-1: is off' }, nodes), ['w-1']);
  });

  test('are those that the failure names, and no other whose name begins alike', () => {
    const seen = 'nodes: w-10 is not Ready (CNI), cp-2 has not registered.';
    assert.deepEqual(machinesConcerned({ phase: 'verify', seen }, nodes), ['cp-2', 'w-10']);
  });

  test('are the control planes where it names none, once the new one is being built', () => {
    const seen = 'etcd did not come up';
    assert.deepEqual(machinesConcerned({ phase: 'bootstrap', seen }, nodes), ['cp-1', 'cp-2', 'cp-3']);
    assert.deepEqual(machinesConcerned({ phase: 'generate', seen }, nodes), []);
  });

  test('are never more than six', () => {
    const many = Array.from({ length: 50 }, (_, at) => ({ name: `w-${at}`, role: 'worker' as const }));
    const seen = many.map(({ name }) => name).join(', ');
    assert.equal(machinesConcerned({ phase: 'preflight', seen }, many).length, 6);
  });
});
