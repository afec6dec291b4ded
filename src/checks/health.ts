import { readApiVersion } from '../kubernetes/api-health.ts';
import { readNodes } from '../kubernetes/nodes.ts';
import { controlPlanes } from '../run/cluster-definition.ts';
import type { ExpectedNode } from '../run/expected-cluster.ts';
import { listEtcdMembers, readEtcdStatus } from '../talos/etcd.ts';
import type { Check } from './check.ts';
import { firstWrong, messageOf } from './check.ts';
import type { CheckedCluster } from './checked-cluster.ts';
import { apiServerOf, requestWithin } from './checked-cluster.ts';
import { describeHolders, describeMembers, describeNodes, describeStatus } from './judge-health.ts';
import { findVipHolders } from './vip-holders.ts';

/**
 * etcd, VIP, API servers and nodes: what has to hold after the build and again after the drill. Each control plane is
 * asked for itself: behind the VIP another one answers for it, and Kubernetes takes most of a minute to notice that a
 * node is gone. Nodes come last, as they do in a new cluster: `meanwhile` is looked at before, so that nothing is left
 * to do when the last one is Ready. Nothing is expected of machines that were `givenUp`.
 */
export function healthChecks(
  cluster: CheckedCluster,
  givenUp: readonly string[] = [],
  meanwhile: readonly Check[] = [],
): Check[] {
  const { expected, access, kubernetes, signal } = cluster;
  const { kubeconfig } = kubernetes;
  const members = controlPlanes(expected.nodes);
  // Each is asked for its own view: a member that is down is still on the others' list, and
  // two clusters have two lists.
  const lookAtMembers = async (node: ExpectedNode): Promise<string | undefined> => {
    const wrong = describeMembers(expected, await listEtcdMembers(access(node), { signal }));
    return wrong === undefined ? undefined : `${node.name} says that ${wrong}`;
  };
  const lookAtEtcd = async (node: ExpectedNode): Promise<string | undefined> => {
    const wrong = describeStatus(await readEtcdStatus(access(node), { signal }));
    return wrong === undefined ? undefined : `${node.name} ${wrong}`;
  };
  const lookAtApiServer = async (node: ExpectedNode): Promise<string | undefined> =>
    readApiVersion({ kubeconfig, server: apiServerOf(node), ...requestWithin(cluster) }).then(
      () => undefined,
      (error: unknown) => `${node.name}: ${messageOf(error)}`,
    );
  const seenWithVip = new Set<string>();
  const lookAtVip = async (): Promise<string | undefined> => {
    const holders = await findVipHolders(cluster);
    for (const { node } of holders) seenWithVip.add(node);
    return describeHolders(expected, holders, [...seenWithVip].toSorted());
  };
  return [
    { name: 'etcd has the planned members', look: firstWrong(lookAtMembers, members) },
    { name: 'etcd on each control plane is a healthy voter', look: firstWrong(lookAtEtcd, members) },
    { name: 'The VIP is on one control plane', look: lookAtVip },
    {
      name: 'The API server answers through the VIP',
      look: async () =>
        readApiVersion({ kubeconfig, ...requestWithin(cluster) }).then(
          () => undefined,
          async (error: unknown) => {
            const gone = await lookAtVip(); // since it was looked at: then this is the reason
            return gone === undefined ? messageOf(error) : `${messageOf(error)}; ${gone}`;
          },
        ),
    },
    // It is a static pod: where it answers, this boot's kubelet has read its manifest, whatever Kubernetes
    // still believes of the node.
    { name: 'Each control plane’s own API server answers', look: firstWrong(lookAtApiServer, members) },
    ...meanwhile,
    {
      name: 'Nodes are Ready',
      look: async () => describeNodes(expected, await readNodes({ ...kubernetes, ...requestWithin(cluster) }), givenUp),
    },
  ];
}
