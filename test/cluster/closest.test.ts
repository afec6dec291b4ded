import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest } from '../../src/cluster/closest.ts';

test('names what was probably meant', () => {
  assert.equal(closest('adress', ['name', 'address']), 'address');
  assert.equal(closest('ndoes', ['notes', 'nodes']), 'nodes');
  assert.equal(closest('bootstrapnode', ['bootstrapNode']), 'bootstrapNode');
});

test('names nothing that is far away', () => {
  assert.equal(closest('notify', ['name', 'nodes', 'folder']), undefined);
  assert.equal(closest('ip', ['vip', 'address']), 'vip');
  assert.equal(closest('x', []), undefined);
});
