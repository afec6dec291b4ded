import type { Boot } from '../boot.ts';
import { machineStatus } from '../resources/runtime-resources.ts';

export interface CheckedNode {
  address: string;
  isControlPlane: boolean;
}

interface Checked {
  boot: Boot;
  nodes: CheckedNode[];
  /** Host of the API server to ask instead of the cluster endpoint. */
  endpoint: string | undefined;
}

interface ClusterCheck {
  name: string;
  /** What is not as it should be; `SKIP` when it does not matter here; undefined when all is well. */
  check: (checked: Checked) => string | undefined;
}

/** The checks of `talosctl health`, in Talos's order. */
export const clusterChecks: ClusterCheck[] = [
  { name: 'etcd to be healthy', check: (checked) => serviceHealth(checked, 'etcd') },
  { name: 'etcd members to be consistent across nodes', check: consistentMembers },
  { name: 'etcd members to be control plane nodes', check: membersAreControlPlanes },
  {
    name: 'apid to be ready',
    check: (checked) => eachNode(checked, ({ api }) => (api === undefined ? 'apid is not ready' : undefined)),
  },
  { name: 'all nodes memory sizes', check: () => undefined },
  { name: 'all nodes disk sizes', check: () => undefined },
  { name: 'no diagnostics', check: () => undefined },
  { name: 'kubelet to be healthy', check: (checked) => serviceHealth(checked, 'kubelet') },
  { name: 'all nodes to finish boot sequence', check: booted },
  { name: 'all k8s nodes to report', check: nodesReported },
  {
    name: 'all control plane static pods to be running',
    check: (checked) =>
      eachNode(checked, ({ isControlPlane, apiserver, hostname }) =>
        isControlPlane && apiserver === undefined
          ? `missing static pods on node ${hostname}: [kube-system/kube-apiserver]`
          : undefined,
      ),
  },
  { name: 'all control plane components to be ready', check: (checked) => eachNode(checked, componentsReady) },
  { name: 'all k8s nodes to report ready', check: nodesReady },
  { name: 'kube-proxy to report ready', check: nodesReady },
  { name: 'coredns to report ready', check: (checked) => (hasNoNetwork(checked) ? 'SKIP' : undefined) },
  { name: 'all k8s nodes to report schedulable', check: () => undefined },
];

function bootAt({ boot }: Checked, address: string): Boot | undefined {
  return boot.machine.rack.find((machine) => machine.address === address)?.boot;
}

function eachNode(checked: Checked, look: (boot: Boot) => string | undefined): string | undefined {
  for (const { address } of checked.nodes) {
    const there = bootAt(checked, address);
    const problem = there === undefined ? 'rpc error: code = Unavailable desc = connection refused' : look(there);
    if (problem !== undefined) return `${address}: ${problem}`;
  }
  return undefined;
}

function serviceHealth(checked: Checked, id: string): string | undefined {
  const controlPlanes = checked.nodes.filter((node) => node.isControlPlane);
  return eachNode({ ...checked, nodes: controlPlanes }, ({ services }) => {
    const service = services.get(id);
    const event = service?.events.at(-1);
    if (service?.state !== 'Running') {
      return `service "${id}" not in expected state "Running": current state [${service?.state ?? ''}] ${event?.message ?? ''}`;
    }
    return service.healthy === true ? undefined : `service is not healthy: ${id}`;
  });
}

function consistentMembers(checked: Checked): string | undefined {
  const expected = checked.boot.etcd?.cluster;
  return eachNode({ ...checked, nodes: checked.nodes.filter((node) => node.isControlPlane) }, ({ etcd }) =>
    etcd?.cluster === expected ? undefined : 'found unexpected etcd member',
  );
}

function membersAreControlPlanes({ boot, nodes }: Checked): string | undefined {
  const controlPlanes = nodes.filter((node) => node.isControlPlane).map(({ address }) => address);
  const members = [...(boot.etcd?.cluster.members.values() ?? [])].map(({ address }) => address);
  const isSubset = members.every((address) => controlPlanes.includes(address));
  const list = (addresses: string[]) => `[${addresses.map((one) => JSON.stringify(one)).join(' ')}]`;
  return isSubset
    ? undefined
    : `etcd member ips ${list(members)} are not subset of control plane node ips ${list(controlPlanes)}`;
}

function booted(checked: Checked): string | undefined {
  const late = checked.nodes.filter(({ address }) => {
    const there = bootAt(checked, address);
    return there === undefined || there.stage !== 'running' || !machineStatus(there).status.ready;
  });
  return late.length === 0 ? undefined : `nodes are not running: ${late.map(({ address }) => address).join(', ')}`;
}

function nodesReported(checked: Checked): string | undefined {
  return (
    endpointProblem(checked) ??
    eachNode(checked, (boot) => (boot.isNodeRegistered ? undefined : `node ${boot.hostname} has not reported`))
  );
}

/**
 * The checks use the cluster endpoint, which may be a virtual IP that nobody holds, unless they are given another one.
 */
function endpointProblem({ boot, endpoint }: Checked): string | undefined {
  const host = endpoint ?? boot.configuration?.cluster.endpointHost ?? '';
  const isServed = boot.machine.rack.some(
    ({ boot: there }) => there?.apiserver !== undefined && (there.address === host || there.virtualIps.has(host)),
  );
  return isServed
    ? undefined
    : `Get "https://${host}:6443/api/v1/nodes": dial tcp ${host}:6443: connect: connection refused`;
}

function componentsReady({ isControlPlane, apiserver }: Boot): string | undefined {
  return isControlPlane && apiserver === undefined ? 'no ready pods found for namespace "kube-system"' : undefined;
}

function nodesReady(checked: Checked): string | undefined {
  if (hasNoNetwork(checked)) return 'SKIP';
  const waiting = checked.nodes.flatMap(({ address }) => {
    const there = bootAt(checked, address);
    return there?.isNodeReady === true ? [] : [there?.hostname ?? address];
  });
  return waiting.length === 0 ? undefined : `some nodes are not ready: [${waiting.join(' ')}]`;
}

function hasNoNetwork({ boot }: Checked): boolean {
  return boot.configuration?.cluster.cni === 'none';
}
