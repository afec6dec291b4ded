import { isFields, listAt, timestamp, valueAt, type Fields, type KubernetesObject } from './objects.ts';

/** What a node's kubelet reports of it. */
export interface SimulatedNode {
  ready: boolean;
  role: 'controlplane' | 'worker';
  internalIp: string;
  /** With the `v`: v1.36.0. */
  kubeletVersion: string;
  osImage?: string;
  /** The kubelet has not been heard of for a while: not ready, and why is unknown. */
  lost?: boolean;
}

const NO_NETWORK =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';

/** The Node object. What others have written to it (labels, annotations, cordon) is kept. */
export function nodeObject(
  name: string,
  node: SimulatedNode,
  previous: KubernetesObject | undefined,
): KubernetesObject {
  const isControlPlane = node.role === 'controlplane';
  const spec = isFields(previous?.['spec']) ? previous['spec'] : {};
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      ...previous?.metadata,
      name,
      labels: {
        ...previous?.metadata.labels,
        'beta.kubernetes.io/arch': 'arm64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'arm64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(isControlPlane
          ? {
              'node-role.kubernetes.io/control-plane': '',
              'node.kubernetes.io/exclude-from-external-load-balancers': '',
            }
          : {}),
      },
    },
    spec: { ...spec, ...taintsOf(node, spec) },
    status: {
      addresses: [
        { address: node.internalIp, type: 'InternalIP' },
        { address: name, type: 'Hostname' },
      ],
      allocatable: { cpu: '3950m', memory: '7629Mi', pods: '110' },
      capacity: { cpu: '4', memory: '8006Mi', pods: '110' },
      conditions: conditionsOf(node, previous),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        architecture: 'arm64',
        containerRuntimeVersion: 'containerd://2.1.5',
        kernelVersion: '6.18.9-talos',
        kubeletVersion: node.kubeletVersion,
        operatingSystem: 'linux',
        osImage: node.osImage ?? 'Talos (v1.13.9)',
      },
    },
  };
}

function taintsOf(node: SimulatedNode, spec: Fields): Fields {
  const notReady = 'node.kubernetes.io/not-ready';
  const unreachable = 'node.kubernetes.io/unreachable';
  const controlPlane = 'node-role.kubernetes.io/control-plane';
  const own = new Set([notReady, unreachable, controlPlane]);
  const taints: Fields[] = listAt(spec, 'taints').filter((taint) => !own.has(String(taint['key'])));
  if (node.role === 'controlplane') taints.push({ effect: 'NoSchedule', key: controlPlane });
  if (!node.ready) taints.push({ effect: 'NoSchedule', key: node.lost ? unreachable : notReady });
  return { taints: taints.length === 0 ? undefined : taints };
}

function conditionsOf(node: SimulatedNode, previous: KubernetesObject | undefined): Fields[] {
  const pressure = (type: string, reason: string, message: string) => ({
    type,
    ...(node.lost ? UNKNOWN : { status: 'False', reason, message }),
  });
  const ready = { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  const notReady = { status: 'False', reason: 'KubeletNotReady', message: NO_NETWORK };
  const now: Fields[] = [
    pressure('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    pressure('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    pressure('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    { type: 'Ready', ...(node.ready ? ready : node.lost ? UNKNOWN : notReady) },
  ];
  const before = listAt(previous, 'status', 'conditions');
  return now.map((condition) => {
    const same = before.find((old) => old['type'] === condition['type'] && old['status'] === condition['status']);
    return { ...condition, lastTransitionTime: valueAt(same, 'lastTransitionTime') ?? timestamp() };
  });
}

const UNKNOWN = {
  status: 'Unknown',
  reason: 'NodeStatusUnknown',
  message: 'Kubelet stopped posting node status.',
};

/** The mirror pods of the static control plane pods on a node; a worker has none. */
export function staticPods(nodeName: string, node: SimulatedNode): KubernetesObject[] {
  if (node.role === 'worker') return [];
  return ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((app) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${app}-${nodeName}`,
      namespace: 'kube-system',
      labels: { component: app, 'k8s-app': app, tier: 'control-plane' },
      annotations: { 'kubernetes.io/config.source': 'file', 'kubernetes.io/config.mirror': app },
    },
    spec: {
      containers: [{ name: app, image: `registry.k8s.io/${app}:${node.kubeletVersion}` }],
      hostNetwork: true,
      nodeName,
      priorityClassName: 'system-cluster-critical',
      restartPolicy: 'Always',
    },
    status: podStatus({ isReady: node.lost !== true, containers: [app], hostIp: node.internalIp }),
  }));
}

/** The status of a pod on a node: running, or still being made. */
export function podStatus(pod: { isReady: boolean; containers: string[]; hostIp: string }): Fields {
  const status = pod.isReady ? 'True' : 'False';
  return {
    phase: pod.isReady ? 'Running' : 'Pending',
    ...(pod.hostIp === '' ? {} : { hostIP: pod.hostIp, podIP: pod.hostIp }),
    conditions: [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Initialized', status: 'True' },
      { type: 'ContainersReady', status },
      { type: 'Ready', status },
    ],
    containerStatuses: pod.containers.map((name) => ({
      name,
      ready: pod.isReady,
      started: pod.isReady,
      restartCount: 0,
      state: pod.isReady ? { running: {} } : { waiting: { reason: 'ContainerCreating' } },
    })),
  };
}
