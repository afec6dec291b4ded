import { age } from './ages.ts';
import { isFields, listAt, numberAt, textAt, valueAt, type KubernetesObject } from './objects.ts';
import type { ResourceKind } from './resource-kind.ts';

/** One column of `kubectl get`; with a priority above 0 it is shown with `-o wide` only. */
export interface Column {
  name: string;
  type?: string;
  priority?: number;
  cell: (object: KubernetesObject) => unknown;
}

const name: Column = { name: 'Name', cell: ({ metadata }) => metadata.name };
const ownAge: Column = { name: 'Age', cell: ({ metadata }) => age(metadata.creationTimestamp) };
const created: Column = { name: 'Created At', cell: ({ metadata }) => metadata.creationTimestamp };

function text(column: string, ...path: string[]): Column {
  return { name: column, cell: (object) => textAt(object, ...path) || '<none>' };
}

function count(column: string, ...path: string[]): Column {
  return { name: column, type: 'integer', cell: (object) => numberAt(object, ...path) };
}

function entries(column: string, ...fields: string[]): Column {
  const sizeOf = (value: unknown) =>
    Array.isArray(value) ? value.length : isFields(value) ? Object.keys(value).length : 0;
  return {
    name: column,
    type: 'integer',
    cell: (object) => fields.reduce((sum, field) => sum + sizeOf(object[field]), 0),
  };
}

function wide(column: Column): Column {
  return { ...column, priority: 1 };
}

function outOf(column: string, ready: string[], all: string[]): Column {
  return { name: column, cell: (object) => `${numberAt(object, ...ready)}/${numberAt(object, ...all)}` };
}

const images: Column = {
  name: 'Images',
  priority: 1,
  cell: (object) =>
    listAt(object, 'spec', 'template', 'spec', 'containers')
      .map((container) => textAt(container, 'image'))
      .join(','),
};

const columns: { [resource: string]: Column[] } = {
  nodes: [
    name,
    { name: 'Status', cell: nodeStatus },
    { name: 'Roles', cell: nodeRoles },
    ownAge,
    text('Version', 'status', 'nodeInfo', 'kubeletVersion'),
    wide({ name: 'Internal-IP', cell: (object) => nodeAddressOf(object, 'InternalIP') }),
    wide({ name: 'External-IP', cell: (object) => nodeAddressOf(object, 'ExternalIP') }),
    wide(text('OS-Image', 'status', 'nodeInfo', 'osImage')),
    wide(text('Kernel-Version', 'status', 'nodeInfo', 'kernelVersion')),
    wide(text('Container-Runtime', 'status', 'nodeInfo', 'containerRuntimeVersion')),
  ],
  pods: [
    name,
    { name: 'Ready', cell: podReady },
    { name: 'Status', cell: podPhase },
    {
      name: 'Restarts',
      cell: (object) =>
        String(
          listAt(object, 'status', 'containerStatuses').reduce((sum, one) => sum + numberAt(one, 'restartCount'), 0),
        ),
    },
    ownAge,
    wide(text('IP', 'status', 'podIP')),
    wide(text('Node', 'spec', 'nodeName')),
    wide({ name: 'Nominated Node', cell: () => '<none>' }),
    wide({ name: 'Readiness Gates', cell: () => '<none>' }),
  ],
  secrets: [name, text('Type', 'type'), entries('Data', 'data'), ownAge],
  configmaps: [name, entries('Data', 'data', 'binaryData'), ownAge],
  namespaces: [name, text('Status', 'status', 'phase'), ownAge],
  serviceaccounts: [name, ownAge],
  services: [
    name,
    text('Type', 'spec', 'type'),
    text('Cluster-IP', 'spec', 'clusterIP'),
    { name: 'External-IP', cell: () => '<none>' },
    {
      name: 'Port(s)',
      cell: (object) =>
        listAt(object, 'spec', 'ports')
          .map((port) => `${textAt(port, 'port')}/${textAt(port, 'protocol') || 'TCP'}`)
          .join(','),
    },
    ownAge,
  ],
  daemonsets: [
    name,
    count('Desired', 'status', 'desiredNumberScheduled'),
    count('Current', 'status', 'currentNumberScheduled'),
    count('Ready', 'status', 'numberReady'),
    count('Up-to-date', 'status', 'updatedNumberScheduled'),
    count('Available', 'status', 'numberAvailable'),
    { name: 'Node Selector', cell: () => '<none>' },
    ownAge,
    images,
  ],
  deployments: [
    name,
    outOf('Ready', ['status', 'readyReplicas'], ['spec', 'replicas']),
    count('Up-to-date', 'status', 'updatedReplicas'),
    count('Available', 'status', 'availableReplicas'),
    ownAge,
    images,
  ],
  statefulsets: [name, outOf('Ready', ['status', 'readyReplicas'], ['spec', 'replicas']), ownAge, images],
  clusterroles: [name, created],
  roles: [name, created],
  customresourcedefinitions: [name, created],
  storageclasses: [name, text('Provisioner', 'provisioner'), text('ReclaimPolicy', 'reclaimPolicy'), ownAge],
};

/** The columns of a built-in kind; name and age where Kubernetes' own columns are not known here. */
export function columnsOf({ resource }: ResourceKind): Column[] {
  return columns[resource] ?? [name, ownAge];
}

function nodeStatus(node: KubernetesObject): string {
  const ready = listAt(node, 'status', 'conditions').find((condition) => condition['type'] === 'Ready');
  const status = ready?.['status'] === 'True' ? 'Ready' : ready === undefined ? 'Unknown' : 'NotReady';
  return valueAt(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles({ metadata }: KubernetesObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
  return roles.map((label) => label.slice(prefix.length)).join(',') || '<none>';
}

function nodeAddressOf(node: KubernetesObject, type: string): string {
  const found = listAt(node, 'status', 'addresses').find((address) => address['type'] === type);
  return textAt(found, 'address') || '<none>';
}

function podReady(pod: KubernetesObject): string {
  const ready = listAt(pod, 'status', 'containerStatuses').filter((container) => container['ready'] === true);
  return `${ready.length}/${listAt(pod, 'spec', 'containers').length}`;
}

function podPhase(pod: KubernetesObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const waiting = listAt(pod, 'status', 'containerStatuses').map((one) => textAt(one, 'state', 'waiting', 'reason'));
  return waiting.find((reason) => reason !== '') ?? (textAt(pod, 'status', 'phase') || 'Pending');
}
