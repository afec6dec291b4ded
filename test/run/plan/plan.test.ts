import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describePointOfNoReturn, orderResets } from '../../../src/run/plan/plan.ts';

type Node = Parameters<typeof orderResets>[0][number];

const controlPlane = (name: string, reset: Node['reset'] = 'wipe'): Node => ({ name, role: 'controlplane', reset });
const worker = (name: string, reset: Node['reset'] = 'wipe'): Node => ({ name, role: 'worker', reset });

describe('orderResets', () => {
  test('makes a worker the canary where there is one', () => {
    const order = orderResets([controlPlane('a'), controlPlane('b'), controlPlane('c'), worker('w'), worker('x')]);
    assert.deepEqual(order, { canary: 'w', workers: ['x'], controlPlanes: ['a', 'b', 'c'] });
  });

  test('makes a control plane the canary only if the others keep quorum', () => {
    const three = orderResets(['a', 'b', 'c'].map((name) => controlPlane(name)));
    assert.deepEqual(three, { canary: 'c', workers: [], controlPlanes: ['a', 'b'] });
    const two = orderResets(['a', 'b'].map((name) => controlPlane(name)));
    assert.deepEqual(two, { workers: [], controlPlanes: ['a', 'b'] });
  });

  test('counts healthy voters only, and spares an unfit one rather than none', () => {
    const three = ['a', 'b', 'c'].map((name) => controlPlane(name));
    assert.deepEqual(orderResets(three, ['a']), { canary: 'a', workers: [], controlPlanes: ['b', 'c'] });
    assert.deepEqual(orderResets(three, ['a', 'b']), { workers: [], controlPlanes: ['a', 'b', 'c'] });
  });

  test('spares no control plane where one is in maintenance mode already', () => {
    const order = orderResets([controlPlane('a'), controlPlane('b'), controlPlane('c', 'none')]);
    assert.deepEqual(order, { workers: [], controlPlanes: ['a', 'b'] });
  });

  test('goes by what a machine runs as today, not by what it becomes', () => {
    const becomesWorker: Node = { ...worker('c'), runsAs: 'controlplane' };
    const becomesControlPlane: Node = { ...controlPlane('w'), runsAs: 'worker' };
    const order = orderResets([controlPlane('a'), controlPlane('b'), becomesWorker, becomesControlPlane]);
    assert.deepEqual(order, { canary: 'w', workers: [], controlPlanes: ['a', 'b', 'c'] });
  });

  test('resets nothing on a first build', () => {
    const order = orderResets([controlPlane('a', 'none'), worker('w', 'none')]);
    assert.deepEqual(order, { workers: [], controlPlanes: [] });
    assert.match(describePointOfNoReturn(order), /no machine is reset/);
  });
});

describe('describePointOfNoReturn', () => {
  test('names the control planes, or says that it is the first reset', () => {
    assert.match(
      describePointOfNoReturn({ canary: 'w', workers: [], controlPlanes: ['a', 'b'] }),
      /\(a, b\).*called off/,
    );
    assert.match(describePointOfNoReturn({ workers: [], controlPlanes: ['a'] }), /^The first reset/);
  });
});
