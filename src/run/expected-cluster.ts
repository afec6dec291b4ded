import type { NodeRole, Timeouts, VirtualIp } from './cluster-definition.ts';

/**
 * What a cluster should be: all that its health, its virtual IP and a failover are judged by. A plan is one, and so
 * is cluster.yaml with a set.
 */
export interface ExpectedCluster {
  readonly cluster: string;
  readonly endpoint: string;
  readonly vip: VirtualIp;
  /** Name of the set in the folder's `sets/` under which it runs: with its credentials it is asked. */
  readonly set: string;
  readonly nodes: readonly ExpectedNode[];
}

export interface ExpectedNode {
  readonly name: string;
  readonly role: NodeRole;
  readonly address: string;
  readonly link: string;
  readonly timeouts: Timeouts;
}

/** How long the cluster may take to be healthy, in ms: as long as its slowest machine. */
export function verifyLimitOf({ nodes }: Pick<ExpectedCluster, 'nodes'>): number {
  return Math.max(...nodes.map(({ timeouts }) => timeouts.verifyMs));
}
