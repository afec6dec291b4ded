import { createHash } from 'node:crypto';
import { readDatabase, writeDatabase } from './bolt-database.ts';
import type { EtcdCluster } from './etcd-cluster.ts';
import type { KubernetesObject } from './kubernetes/objects.ts';
import type { ObjectAddress } from './kubernetes/object-store.ts';
import { KubernetesStore } from './kubernetes/store.ts';

interface Stored {
  address: ObjectAddress;
  object: KubernetesObject;
}

/** The bytes that `talosctl etcd snapshot` saves: a database file of whole sectors, followed by its SHA-256. */
export function snapshotOf({ store }: EtcdCluster): Buffer {
  const resources = new Map(store.kinds().map((kind) => [`${kind.group}/${kind.resource}`, kind]));
  const entries = [...resources.values()]
    .flatMap(({ group, resource }) =>
      store.list(group, resource).map((object) => {
        const { namespace = '', name, resourceVersion } = object.metadata;
        const stored: Stored = { address: { group, resource, namespace, name }, object };
        const key = `/registry/${[group, resource, namespace, name].filter((part) => part !== '').join('/')}`;
        return { key, value: JSON.stringify(stored), revision: Number(resourceVersion) };
      }),
    )
    .sort((a, b) => a.revision - b.revision);
  const database = writeDatabase(entries);
  return Buffer.concat([database, createHash('sha256').update(database).digest()]);
}

/** What a snapshot holds. Throws when it is none. */
export function storeFromSnapshot(snapshot: Buffer): KubernetesStore {
  const store = new KubernetesStore();
  for (const { value } of readDatabase(snapshot)) {
    const { address, object } = JSON.parse(value) as Stored;
    store.put(address, object);
  }
  return store;
}

/** Why etcd refuses to restore a snapshot, or undefined when it does not. */
export function snapshotProblem(snapshot: Buffer, skipsHashCheck: boolean): string | undefined {
  if (skipsHashCheck) return undefined;
  if (snapshot.length % 512 !== 32) return 'snapshot missing hash but --skip-hash-check=false';
  const [database, checksum] = [snapshot.subarray(0, -32), snapshot.subarray(-32)];
  return createHash('sha256').update(database).digest().equals(checksum)
    ? undefined
    : 'snapshot file integrity check failed';
}
