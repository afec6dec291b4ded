import { runControllers } from './controllers.ts';
import { initialObjects } from './initial-objects.ts';
import { nodeObject, staticPods, type SimulatedNode } from './nodes.ts';
import { ObjectStore, type ObjectAddress } from './object-store.ts';

export interface KubernetesStoreOptions {
  /** How long a new CustomResourceDefinition takes until its resource is served. Default 0: at once. */
  establishDefinitionsAfterMs?: number;
}

/**
 * All objects of one cluster: what its etcd would hold. Several API servers may serve the same store, as the
 * control planes of a cluster do.
 */
export class KubernetesStore extends ObjectStore {
  #podNetworkInstalled = false;

  constructor(options: KubernetesStoreOptions = {}) {
    super();
    this.subscribe(({ type, address }) => {
      const isOwn = address.name === 'kube-proxy';
      if (type !== 'DELETED' && address.resource === 'daemonsets' && !isOwn) this.#podNetworkInstalled = true;
    });
    runControllers(this, options.establishDefinitionsAfterMs ?? 0);
    for (const { address, object } of initialObjects()) this.put(address, object);
  }

  /** Whether a DaemonSet was ever applied beyond Kubernetes' own kube-proxy: the mark of a pod network (CNI). */
  get podNetworkInstalled(): boolean {
    return this.#podNetworkInstalled;
  }

  /** Registers a node or brings its state up to date, as its kubelet would, together with its static pods. */
  setNode(name: string, node: SimulatedNode): void {
    const address = nodeAddress(name);
    this.put(address, nodeObject(name, node, this.get(address)));
    for (const pod of staticPods(name, node)) this.put(podAddress(pod.metadata.name), pod);
  }

  /** Deletes a node and the pods that ran on it. */
  removeNode(name: string): void {
    this.delete(nodeAddress(name));
  }
}

export function nodeAddress(name: string): ObjectAddress {
  return { group: '', resource: 'nodes', namespace: '', name };
}

export function podAddress(name: string, namespace = 'kube-system'): ObjectAddress {
  return { group: '', resource: 'pods', namespace, name };
}
