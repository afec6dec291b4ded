import { controlPlanes } from '../run/cluster-definition.ts';
import { readResources } from '../talos/read-resources.ts';
import type { CheckedCluster } from './checked-cluster.ts';
import type { VipHolder } from './judge-health.ts';

/** The control planes that have the VIP among their addresses. One that does not answer counts as not having it. */
export async function findVipHolders({
  expected: { nodes, vip },
  access,
  signal,
}: Pick<CheckedCluster, 'expected' | 'access' | 'signal'>): Promise<VipHolder[]> {
  const found = await Promise.all(
    controlPlanes(nodes).map(async (node): Promise<VipHolder[]> => {
      try {
        const { addresses } = await readResources(access(node), ['addresses'], { signal });
        return addresses
          .map(({ spec }) => spec as { readonly address?: string; readonly linkName?: string })
          .filter(({ address }) => address?.split('/')[0] === vip.address)
          .map(({ linkName }) => ({ node: node.name, link: linkName ?? 'an unknown link' }));
      } catch {
        signal.throwIfAborted();
        return [];
      }
    }),
  );
  return found.flat();
}
