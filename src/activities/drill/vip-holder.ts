import { controlPlanes } from '../../run/cluster-definition.ts';
import type { Plan } from '../../run/plan/plan.ts';
import { readResources } from '../../talos/read-resources.ts';
import type { VipHolder } from '../cluster/health.ts';
import { Machine } from '../machine/machine.ts';
import type { Attempt } from '../attempt/attempt.ts';

/** The control planes that have the VIP among their addresses. One that does not answer counts as not having it. */
export async function findVipHolders(attempt: Attempt, plan: Plan): Promise<VipHolder[]> {
  const found = await Promise.all(
    controlPlanes(plan.nodes).map(async (node): Promise<VipHolder[]> => {
      const machine = await Machine.open(attempt, node);
      try {
        const access = machine.accessUnder(plan.set);
        const { addresses } = await readResources(access, ['addresses'], { signal: attempt.signal });
        return addresses
          .map(({ spec }) => spec as { readonly address?: string; readonly linkName?: string })
          .filter(({ address }) => address?.split('/')[0] === plan.vip.address)
          .map(({ linkName }) => ({ node: node.name, link: linkName ?? 'an unknown link' }));
      } catch {
        attempt.signal.throwIfAborted();
        return [];
      }
    }),
  );
  return found.flat();
}
