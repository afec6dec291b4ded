import { openKubernetes, type KubernetesAccess } from './client.ts';
import { mappingAt, mappingsIn, textOf, type Mapping } from './mappings.ts';

/** A node as Kubernetes sees it. */
export interface NodeStatus {
  name: string;
  ready: boolean;
  /** Why it is not ready, in the kubelet's words; empty when it is. */
  reason: string;
  role: 'controlplane' | 'worker';
  /** Empty if the node has not reported one. */
  internalIp: string;
  kubeletVersion: string;
}

/** All nodes of the cluster, by name. Throws KubernetesError. */
export async function readNodes(access: KubernetesAccess): Promise<NodeStatus[]> {
  const client = await openKubernetes(access);
  const { items } = await client.read('/api/v1/nodes');
  return mappingsIn(items)
    .map(nodeStatus)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function nodeStatus(node: Mapping): NodeStatus {
  const metadata = mappingAt(node, 'metadata');
  const status = mappingAt(node, 'status');
  const ready = mappingsIn(status['conditions']).find(({ type }) => type === 'Ready');
  const address = mappingsIn(status['addresses']).find(({ type }) => type === 'InternalIP');
  const isReady = ready?.['status'] === 'True';
  return {
    name: textOf(metadata['name']),
    ready: isReady,
    reason: isReady ? '' : whyNotReady(ready),
    role: 'node-role.kubernetes.io/control-plane' in mappingAt(metadata, 'labels') ? 'controlplane' : 'worker',
    internalIp: textOf(address?.['address']),
    kubeletVersion: textOf(mappingAt(status, 'nodeInfo')['kubeletVersion']),
  };
}

function whyNotReady(condition: Mapping | undefined): string {
  if (condition === undefined) return 'its kubelet has not reported yet';
  return [textOf(condition['reason']), textOf(condition['message'])].filter(Boolean).join(': ');
}
