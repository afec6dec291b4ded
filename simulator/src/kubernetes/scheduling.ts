import { isFields, listAt, textAt, valueAt, type Fields, type KubernetesObject } from './objects.ts';

/**
 * Whether a pod with this spec may run on a node: its selector fits, the node is not cordoned,
 * and it tolerates the taints.
 */
export function mayRunOn(node: KubernetesObject, podSpec: unknown, ofDaemonSet: boolean): boolean {
  if (valueAt(node, 'spec', 'unschedulable') === true && !ofDaemonSet) return false;
  const selector = valueAt(podSpec, 'nodeSelector');
  const labels = node.metadata.labels ?? {};
  if (isFields(selector) && Object.entries(selector).some(([label, value]) => labels[label] !== value)) return false;
  const tolerations = listAt(podSpec, 'tolerations');
  return listAt(node, 'spec', 'taints')
    .filter((taint) => taint['effect'] !== 'PreferNoSchedule')
    .filter((taint) => !(ofDaemonSet && String(taint['key']).startsWith('node.kubernetes.io/')))
    .every((taint) => tolerations.some((toleration) => tolerates(toleration, taint)));
}

function tolerates(toleration: Fields, taint: Fields): boolean {
  const { key, operator, value, effect } = toleration;
  if (effect !== undefined && effect !== '' && effect !== taint['effect']) return false;
  if (operator === 'Exists') return key === undefined || key === '' || key === taint['key'];
  return key === taint['key'] && (value ?? '') === (taint['value'] ?? '');
}

export type NodeState = 'ready' | 'not ready' | 'lost';

export function nodeState(node: KubernetesObject): NodeState {
  const ready = listAt(node, 'status', 'conditions').find(({ type }) => type === 'Ready');
  if (ready?.['status'] === 'True') return 'ready';
  return ready?.['status'] === 'Unknown' ? 'lost' : 'not ready';
}

export function internalIpOf(node: KubernetesObject): string {
  return textAt(
    listAt(node, 'status', 'addresses').find(({ type }) => type === 'InternalIP'),
    'address',
  );
}
