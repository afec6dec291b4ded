import { controlPlanes } from '../../run/cluster-definition.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/steps.ts';
import { readResources } from '../../talos/read-resources.ts';
import type { VipHolder } from '../cluster/health.ts';
import { Machine } from '../machine/machine.ts';
import type { Step } from '../attempt/step.ts';
import type { WorkerContext } from '../attempt/worker-context.ts';

/** The control planes that have the VIP among their addresses. One that does not answer counts as not having it. */
export async function findVipHolders(
  worker: WorkerContext,
  run: RunReference,
  plan: Plan,
  step: Step,
): Promise<VipHolder[]> {
  const found = await Promise.all(
    controlPlanes(plan.nodes).map(async (node): Promise<VipHolder[]> => {
      const machine = await Machine.open(worker, step, run, node);
      try {
        const access = machine.accessUnder(plan.newSet);
        const { addresses } = await readResources(access, ['addresses'], { signal: step.signal });
        return addresses
          .map(({ spec }) => spec as { readonly address?: string; readonly linkName?: string })
          .filter(({ address }) => address?.split('/')[0] === plan.vip.address)
          .map(({ linkName }) => ({ node: node.name, link: linkName ?? 'an unknown link' }));
      } catch {
        step.signal.throwIfAborted();
        return [];
      }
    }),
  );
  return found.flat();
}
