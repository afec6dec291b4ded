import type { Boot } from '../boot.ts';
import type { Described, Describe } from './described.ts';

function members({ configuration, machine }: Boot): Described[] {
  if (configuration?.complete !== true || !configuration.cluster.discoveryEnabled) return [];
  // A node that was rebuilt is known twice for a while; the list has one entry for each name, the newest.
  const byName = new Map(machine.world.discovery.members(configuration.cluster.id).map((one) => [one.hostname, one]));
  return [...byName.values()].map(({ nodeId, hostname, address, machineType, operatingSystem }) => ({
    namespace: 'cluster',
    id: hostname,
    spec: {
      nodeId,
      addresses: [address],
      hostname,
      machineType,
      operatingSystem,
      ...(machineType === 'controlplane' ? { controlPlane: { port: 6443 } } : {}),
    },
  }));
}

export const clusterResources: Record<string, Describe> = {
  'Members.cluster.talos.dev': members,
  'Identities.cluster.talos.dev': ({ nodeId }) => [{ namespace: 'cluster', id: 'local', spec: { nodeId } }],
  'Infos.cluster.talos.dev': ({ configuration }) =>
    configuration?.complete === true
      ? [
          {
            namespace: 'cluster',
            id: 'current',
            spec: { clusterId: configuration.cluster.id, clusterName: configuration.cluster.name },
          },
        ]
      : [],
  'EtcdMembers.etcd.talos.dev': ({ etcd }) =>
    etcd === undefined
      ? []
      : [{ namespace: 'etcd', id: 'local', spec: { memberID: etcd.memberId.toString(16).padStart(16, '0') } }],
  'Nodenames.kubernetes.talos.dev': ({ configuration, hostname }) =>
    configuration?.complete === true
      ? [
          {
            namespace: 'k8s',
            id: 'nodename',
            spec: { nodename: hostname.toLowerCase(), hostnameVersion: '1', skipNodeRegistration: false },
          },
        ]
      : [],
  'NodeStatuses.kubernetes.talos.dev': ({ configuration, hostname, isNodeReady, isNodeRegistered }) =>
    configuration?.complete === true && isNodeRegistered
      ? [
          {
            namespace: 'k8s',
            id: hostname,
            spec: {
              nodename: hostname,
              nodeReady: isNodeReady,
              unschedulable: false,
              labels: {},
              annotations: {},
              podCIDRs: [],
            },
          },
        ]
      : [],
};
