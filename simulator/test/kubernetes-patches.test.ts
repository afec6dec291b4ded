import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubernetesObject } from '../src/kubernetes/objects.ts';
import { jsonPatch, mergePatch } from '../src/kubernetes/patches.ts';
import { applyObject } from '../src/kubernetes/server-side-apply.ts';
import { strategicMergePatch } from '../src/kubernetes/strategic-merge.ts';

describe('the patches of the simulated Kubernetes API', () => {
  test('a merge patch replaces lists, merges objects and removes what is null', () => {
    assert.deepEqual(mergePatch({ a: [1, 2], b: { c: 1, d: 2 } }, { a: [3], b: { c: null, e: 4 } }), {
      a: [3],
      b: { d: 2, e: 4 },
    });
  });

  test('a strategic merge patch merges the items of keyed lists, and minds its directives', () => {
    const target = {
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '1' },
      ],
      finalizers: ['x', 'y'],
      args: ['1'],
    };
    const patch = {
      containers: [{ name: 'a', image: '2' }, { name: 'b', $patch: 'delete' }, { name: 'c' }],
      '$deleteFromPrimitiveList/finalizers': ['x'],
      '$setElementOrder/containers': [{ name: 'a' }],
      args: ['2'],
    };
    assert.deepEqual(strategicMergePatch(target, patch), {
      containers: [{ name: 'a', image: '2' }, { name: 'c' }],
      finalizers: ['y'],
      args: ['2'],
    });
    assert.deepEqual(strategicMergePatch({ strategy: { a: 1, b: 2 } }, { strategy: { $retainKeys: ['b'], b: 3 } }), {
      strategy: { b: 3 },
    });
  });

  test('a JSON patch is carried out whole or not at all', () => {
    const target = { list: ['a', 'c'], 'x/y': 1 };
    const add = { op: 'add', path: '/list/1', value: 'b' };
    assert.deepEqual(jsonPatch(target, [add, { op: 'move', from: '/x~1y', path: '/z' }]), {
      list: ['a', 'b', 'c'],
      z: 1,
    });
    assert.throws(() => jsonPatch(target, [add, { op: 'test', path: '/list/0', value: 'z' }]), /testing value/);
    assert.throws(() => jsonPatch(target, [add, { op: 'remove', path: '/none' }]), /does not exist/);
    assert.deepEqual(target, { list: ['a', 'c'], 'x/y': 1 });
  });
});

describe('server-side apply', () => {
  const service = (ports: object[]): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'dns' },
    spec: { ports },
  });
  const by = (manager: string, force = false) => ({ manager, force, subresource: '' });
  const udp = { name: 'dns', port: 53, protocol: 'UDP' };
  const tcp = { name: 'dns-tcp', port: 53, protocol: 'TCP' };

  test('tells list items apart by all of their keys, and takes back those that are no longer applied', () => {
    const both = applyObject(undefined, service([udp, tcp]), by('a'));
    assert.deepEqual(both['spec'], { ports: [udp, tcp] });
    assert.deepEqual(applyObject(both, service([tcp]), by('a'))['spec'], { ports: [tcp] });
  });

  test('keeps what another manager applies too', () => {
    const first = applyObject(undefined, service([udp, tcp]), by('a'));
    const second = applyObject(first, service([udp]), by('b'));
    assert.deepEqual(applyObject(second, service([tcp]), by('a'))['spec'], { ports: [udp, tcp] });
  });

  test('names the field and its manager in a conflict', () => {
    const first = applyObject(undefined, service([udp]), by('a'));
    const renamed = service([{ ...udp, name: 'other' }]);
    const message =
      'Apply failed with 1 conflict: conflict with "a" using v1: .spec.ports[port=53,protocol="UDP"].name';
    assert.throws(() => applyObject(first, renamed, by('b')), { message });
    assert.deepEqual(applyObject(first, renamed, by('b', true))['spec'], { ports: [{ ...udp, name: 'other' }] });
  });
});
