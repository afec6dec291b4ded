import { createHash } from 'node:crypto';
import { podStatus } from './nodes.ts';
import {
  isFields,
  listAt,
  numberAt,
  textAt,
  timestamp,
  valueAt,
  type Fields,
  type KubernetesObject,
} from './objects.ts';
import { internalIpOf, mayRunOn, nodeState } from './scheduling.ts';
import type { Change, ObjectStore } from './object-store.ts';

/**
 * Keeps the pods of DaemonSets and Deployments, and the status of these and of Jobs, as the controllers, scheduler
 * and kubelets of a cluster would, without the time that it takes them: `kubectl rollout status` and
 * `kubectl wait` come to an end.
 */
export function keepWorkloads(store: ObjectStore, { type, address, object }: Change): void {
  switch (address.resource) {
    case 'nodes':
      for (const resource of ['daemonsets', 'deployments'] as const) {
        for (const workload of store.list('apps', resource)) keep(store, resource, workload);
      }
      for (const job of store.list('batch', 'jobs')) completeJob(store, job);
      return;
    case 'daemonsets':
    case 'deployments':
      if (type === 'DELETED') deletePodsOf(store, object, []);
      else keep(store, address.resource, object);
      return;
    case 'jobs':
      if (type === 'ADDED') completeJob(store, object);
      return;
    case 'pods':
      if (type === 'DELETED') replacePod(store, object);
      return;
    default:
  }
}

function keep(store: ObjectStore, resource: 'daemonsets' | 'deployments', workload: KubernetesObject): void {
  const present = store.get(addressOf(resource, workload));
  if (present?.metadata.uid !== workload.metadata.uid || present === undefined) return; // deleted meanwhile
  const nodes = store.list('', 'nodes');
  const podSpec = valueAt(present, 'spec', 'template', 'spec');
  const places =
    resource === 'daemonsets'
      ? nodes.filter((node) => mayRunOn(node, podSpec, true))
      : placesFor(
          numberAt(present, 'spec', 'replicas'),
          nodes.filter((node) => mayRunOn(node, podSpec, false) && nodeState(node) === 'ready'),
        );
  const pods = places.map((node, index) =>
    podOf(present, resource === 'daemonsets' ? (node?.metadata.name ?? '') : String(index), node),
  );
  for (const pod of pods) store.put({ ...addressOf('pods', pod), group: '' }, pod);
  deletePodsOf(
    store,
    present,
    pods.map(({ metadata }) => metadata.name),
  );

  const ready = pods.filter((pod) => textAt(pod, 'status', 'phase') === 'Running').length;
  const status =
    resource === 'daemonsets'
      ? daemonSetStatus(present, pods.length, ready)
      : deploymentStatus(present, pods.length, ready);
  store.put(addressOf(resource, present), { ...present, status });
}

/** Replicas take turns on the nodes; without a node they stay pending. */
function placesFor(replicas: number, nodes: KubernetesObject[]): (KubernetesObject | undefined)[] {
  return Array.from({ length: replicas }, (_, index) => nodes[index % nodes.length]);
}

function podOf(workload: KubernetesObject, place: string, node: KubernetesObject | undefined): KubernetesObject {
  const template = valueAt(workload, 'spec', 'template');
  const spec = valueAt(template, 'spec');
  const { name, namespace = '', uid = '' } = workload.metadata;
  const suffix = createHash('sha256').update(`${uid} ${place}`).digest('hex').slice(0, 5);
  const containers = listAt(spec, 'containers').map((container) => textAt(container, 'name'));
  // Pods with a network of their own wait for the pod network, those of the node's network run before there is one.
  const state = node === undefined ? 'lost' : nodeState(node);
  const isReady = state === 'ready' || (state === 'not ready' && valueAt(spec, 'hostNetwork') === true);
  const labels = valueAt(template, 'metadata', 'labels');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${suffix}`,
      namespace,
      labels: (isFields(labels) ? labels : {}) as { [label: string]: string },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: workload.kind, name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: { ...(isFields(spec) ? spec : {}), ...(node === undefined ? {} : { nodeName: node.metadata.name }) },
    status: podStatus({ isReady, containers, hostIp: node === undefined ? '' : internalIpOf(node) }),
  };
}

function daemonSetStatus({ metadata }: KubernetesObject, desired: number, ready: number): Fields {
  return {
    currentNumberScheduled: desired,
    desiredNumberScheduled: desired,
    numberMisscheduled: 0,
    numberReady: ready,
    numberAvailable: ready,
    ...(ready === desired ? {} : { numberUnavailable: desired - ready }),
    updatedNumberScheduled: desired,
    observedGeneration: metadata.generation,
  };
}

function deploymentStatus({ metadata, status }: KubernetesObject, desired: number, ready: number): Fields {
  const isAvailable = ready === desired ? 'True' : 'False';
  const before = listAt(status, 'conditions').find((one) => one['type'] === 'Available');
  const lastTransitionTime = before?.['status'] === isAvailable ? before['lastTransitionTime'] : timestamp();
  return {
    replicas: desired,
    updatedReplicas: desired,
    readyReplicas: ready,
    availableReplicas: ready,
    ...(ready === desired ? {} : { unavailableReplicas: desired - ready }),
    observedGeneration: metadata.generation,
    conditions: [
      {
        type: 'Available',
        status: isAvailable,
        reason: 'MinimumReplicas',
        lastTransitionTime,
        lastUpdateTime: lastTransitionTime,
      },
      {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        lastTransitionTime,
        lastUpdateTime: lastTransitionTime,
      },
    ],
  };
}

function completeJob(store: ObjectStore, job: KubernetesObject): void {
  const canRun = store.list('', 'nodes').some((node) => nodeState(node) === 'ready');
  if (!canRun || numberAt(job, 'status', 'succeeded') > 0) return;
  const now = timestamp();
  const conditions = [{ type: 'Complete', status: 'True', lastProbeTime: now, lastTransitionTime: now }];
  const address = { ...addressOf('jobs', job), group: 'batch' };
  store.put(address, { ...job, status: { succeeded: 1, startTime: now, completionTime: now, conditions } });
}

function deletePodsOf(store: ObjectStore, { metadata }: KubernetesObject, except: readonly string[]): void {
  for (const pod of store.list('', 'pods', metadata.namespace)) {
    const isOwned = listAt(pod, 'metadata', 'ownerReferences').some(({ uid }) => uid === metadata.uid);
    if (isOwned && !except.includes(pod.metadata.name)) store.delete({ ...addressOf('pods', pod), group: '' });
  }
}

/** A pod of a workload that is deleted is replaced by another one. */
function replacePod(store: ObjectStore, pod: KubernetesObject): void {
  for (const { kind, name } of listAt(pod, 'metadata', 'ownerReferences')) {
    const resource = kind === 'DaemonSet' ? 'daemonsets' : 'deployments';
    const address = { group: 'apps', resource, namespace: pod.metadata.namespace ?? '', name: String(name) };
    const owner = store.get(address);
    if (owner !== undefined) keep(store, resource, owner);
  }
}

function addressOf(resource: string, { metadata }: KubernetesObject) {
  return { group: 'apps', resource, namespace: metadata.namespace ?? '', name: metadata.name };
}
