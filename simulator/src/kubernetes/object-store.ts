import { randomUUID } from 'node:crypto';
import { sameJson, timestamp, type KubernetesObject } from './objects.ts';
import type { ResourceKind } from './resource-kind.ts';
import { resourceKinds } from './resources.ts';

/** Where an object is kept. The version is not part of it: all versions of a group show the same objects. */
export interface ObjectAddress {
  group: string;
  resource: string;
  /** Empty for objects of the whole cluster. */
  namespace: string;
  name: string;
}

export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The resource version that the change brought about. */
  version: number;
  address: ObjectAddress;
  object: KubernetesObject;
  previous: KubernetesObject | undefined;
}

/** How many changes a watch can go back to; older resource versions are `410 Gone`. */
const HISTORY = 4_000;

/**
 * Objects, and everything that changes about them, in order. Objects handed out are shared and must not
 * be changed; put a new one.
 */
export class ObjectStore {
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #undelivered: Change[] = [];
  #history: Change[] = [];
  #version = 0;
  #delivering = false;

  /** The resource version of the newest change. */
  get version(): number {
    return this.#version;
  }

  /** All kinds that are served at this moment, those of established CustomResourceDefinitions included. */
  kinds(): ResourceKind[] {
    return resourceKinds(this.list('apiextensions.k8s.io', 'customresourcedefinitions'));
  }

  get(address: ObjectAddress): KubernetesObject | undefined {
    return this.#objects.get(keyOf(address));
  }

  /** The objects of one resource, in all namespaces or in one, by namespace and name. */
  list(group: string, resource: string, namespace?: string): KubernetesObject[] {
    const prefix = `${group}/${resource}/${namespace === undefined ? '' : `${namespace}/`}`;
    return [...this.#objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /**
   * Creates or replaces an object and returns it as stored. Identity (uid, creation time) is kept, and taken
   * over from an object that brings one, as out of a snapshot; a generation counts
   * changes of anything but metadata and status, and an object that is as it was keeps its resource version.
   */
  put(address: ObjectAddress, object: KubernetesObject): KubernetesObject {
    const previous = this.get(address);
    const { namespace, name } = address;
    const old = previous?.metadata;
    const stored = structuredClone(object);
    stored.metadata = {
      ...stored.metadata,
      name,
      ...(namespace === '' ? {} : { namespace }),
      uid: old?.uid ?? stored.metadata.uid ?? randomUUID(),
      resourceVersion: old?.resourceVersion ?? '',
      creationTimestamp: old?.creationTimestamp ?? stored.metadata.creationTimestamp ?? timestamp(),
    };
    const generation = generationAfter(previous, stored);
    if (generation !== undefined) stored.metadata.generation = generation;
    if (previous !== undefined && sameJson(previous, stored)) return previous;

    this.#version += 1;
    stored.metadata.resourceVersion = String(this.#version);
    this.#objects.set(keyOf(address), stored);
    this.#record({ type: previous ? 'MODIFIED' : 'ADDED', version: this.#version, address, object: stored, previous });
    return stored;
  }

  /** Deletes an object, and with a namespace or a definition all that it contains; returns what was there. */
  delete(address: ObjectAddress): KubernetesObject | undefined {
    const previous = this.get(address);
    if (previous === undefined) return undefined;
    this.#version += 1;
    this.#objects.delete(keyOf(address));
    const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(this.#version) } };
    this.#record({ type: 'DELETED', version: this.#version, address, object, previous });
    return previous;
  }

  /** Calls back for every change from now on, in order; returns how to end that. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The changes after a resource version, or undefined when they are no longer remembered. */
  changesSince(version: number): Change[] | undefined {
    const oldest = this.#history[0]?.version ?? this.#version + 1;
    return version < oldest - 1 ? undefined : this.#history.filter((change) => change.version > version);
  }

  #record(change: Change): void {
    this.#history.push(change);
    if (this.#history.length > 2 * HISTORY) this.#history = this.#history.slice(-HISTORY);
    this.#undelivered.push(change);
    if (this.#delivering) return; // a listener's own change: the outer loop delivers it, so that all listeners see one order
    this.#delivering = true;
    try {
      for (let next = this.#undelivered.shift(); next !== undefined; next = this.#undelivered.shift()) {
        for (const listener of this.#listeners) listener(next);
      }
    } finally {
      this.#delivering = false;
    }
  }
}

function keyOf({ group, resource, namespace, name }: ObjectAddress): string {
  return `${group}/${resource}/${namespace}/${name}`;
}

/** Kinds without a spec (secrets, config maps, roles) have no generation. */
function generationAfter(previous: KubernetesObject | undefined, next: KubernetesObject): number | undefined {
  if (next['spec'] === undefined || next.kind === 'Namespace' || next.kind === 'Node') return undefined;
  const desired = ({ metadata: _, status: __, ...rest }: KubernetesObject) => rest;
  const before = previous?.metadata.generation ?? 0;
  return previous !== undefined && sameJson(desired(previous), desired(next)) ? before : before + 1;
}
