import { establishedStatus, isEstablished } from './custom-resources.ts';
import { textAt } from './objects.ts';
import type { Change, ObjectStore } from './object-store.ts';
import { keepWorkloads } from './workloads.ts';

/** Starts what a cluster does by itself when objects change. */
export function runControllers(store: ObjectStore, establishDefinitionsAfterMs: number): void {
  store.subscribe((change) => {
    establishDefinition(store, change, establishDefinitionsAfterMs);
    deleteContents(store, change);
    keepWorkloads(store, change);
  });
}

function establishDefinition(store: ObjectStore, { type, address, object }: Change, afterMs: number): void {
  if (address.resource !== 'customresourcedefinitions' || type === 'DELETED' || isEstablished(object)) return;
  const establish = () => {
    const definition = store.get(address);
    if (definition === undefined || isEstablished(definition)) return;
    store.put(address, { ...definition, status: establishedStatus(definition) });
  };
  if (afterMs === 0) establish();
  else setTimeout(establish, afterMs).unref();
}

function deleteContents(store: ObjectStore, { type, address, object }: Change): void {
  if (type !== 'DELETED') return;
  switch (address.resource) {
    case 'namespaces':
      for (const { group, resource, namespaced } of store.kinds()) {
        if (!namespaced) continue;
        for (const { metadata } of store.list(group, resource, address.name)) {
          store.delete({ group, resource, namespace: address.name, name: metadata.name });
        }
      }
      return;
    case 'customresourcedefinitions': {
      const group = textAt(object, 'spec', 'group');
      const resource = textAt(object, 'spec', 'names', 'plural');
      for (const { metadata } of store.list(group, resource)) {
        store.delete({ group, resource, namespace: metadata.namespace ?? '', name: metadata.name });
      }
      return;
    }
    case 'nodes':
      for (const pod of store.list('', 'pods')) {
        if (textAt(pod, 'spec', 'nodeName') !== address.name) continue;
        store.delete({
          ...address,
          resource: 'pods',
          namespace: pod.metadata.namespace ?? '',
          name: pod.metadata.name,
        });
      }
      return;
    default:
  }
}
