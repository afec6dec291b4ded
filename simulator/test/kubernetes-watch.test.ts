import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Fields } from '../src/kubernetes/objects.ts';
import { objectPath } from '../src/kubernetes/paths.ts';
import { representationOf } from '../src/kubernetes/representation.ts';
import { KubernetesStore } from '../src/kubernetes/store.ts';
import { watchObjects } from '../src/kubernetes/watch.ts';

function put(store: KubernetesStore, name: string, labels: { [label: string]: string } = {}): number {
  const address = { group: '', resource: 'configmaps', namespace: 'default', name };
  const { metadata } = store.put(address, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } });
  return Number(metadata.resourceVersion);
}

/** What a watch tells, as `TYPE name`, and how to end it. */
function watch(store: KubernetesStore, query: string): { told: string[]; stop: () => void; hasEnded: () => boolean } {
  const path = objectPath('/api/v1/namespaces/default/configmaps', store.kinds());
  assert.ok(path);
  const representation = representationOf(store, path.kind, 'json', null);
  const told: string[] = [];
  let ended = false;
  const line = (event: Fields) => {
    const { metadata, reason } = event['object'] as { metadata: { name?: string }; reason?: string };
    told.push([event['type'], metadata.name ?? reason].filter(Boolean).join(' '));
  };
  const stop = watchObjects(
    store,
    path,
    new URLSearchParams(query),
    representation,
    'json',
  )(line, () => (ended = true));
  return { told, stop, hasEnded: () => ended };
}

describe('a watch of the simulated Kubernetes API', () => {
  test('without a version begins with what is there, with one it tells only what came after', () => {
    const store = new KubernetesStore();
    const version = put(store, 'a');
    put(store, 'b');
    const all = watch(store, '');
    const since = watch(store, `resourceVersion=${version}`);
    put(store, 'c');
    put(store, 'c');
    assert.deepEqual(all.told, ['ADDED a', 'ADDED b', 'ADDED c']);
    assert.deepEqual(since.told, ['ADDED b', 'ADDED c']);
    all.stop();
    put(store, 'd');
    assert.equal(all.told.length, 3);
  });

  test('tells of an object that begins or ceases to match as added and deleted', () => {
    const store = new KubernetesStore();
    const { told } = watch(store, 'labelSelector=app in (web)&fieldSelector=metadata.name!=other');
    put(store, 'a');
    put(store, 'other', { app: 'web' });
    put(store, 'a', { app: 'web' });
    put(store, 'a', { app: 'web', more: 'yes' });
    put(store, 'a');
    assert.deepEqual(told, ['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  test('marks the end of what was there for those who ask', () => {
    const store = new KubernetesStore();
    put(store, 'a');
    const { told } = watch(store, 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan');
    assert.deepEqual(told, ['ADDED a', 'BOOKMARK']);
  });

  test('ends for a version that is no longer remembered', () => {
    const store = new KubernetesStore();
    for (let count = 0; count < 9_000; count++) put(store, 'a', { count: String(count) });
    const { told, hasEnded } = watch(store, 'resourceVersion=1');
    assert.deepEqual(told, ['ERROR Expired']);
    assert.equal(hasEnded(), true);
  });
});
