import { setNamed } from '../../cluster/sets.ts';
import { controlPlanes } from '../../run/cluster-definition.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { KubernetesAccess } from '../../kubernetes/client.ts';
import { saveKubeconfig } from '../../talos/kubeconfig.ts';
import { retryUntil } from '../attempt/retry-until.ts';
import { Machine } from '../machine/machine.ts';
import { isThere, recordOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

/**
 * The new cluster's Kubernetes API with its new kubeconfig, which is fetched once into the set, through the API server of the bootstrap node: it is
 * there before the VIP is.
 */
export async function kubernetesOf(attempt: Attempt, plan: Plan): Promise<KubernetesAccess> {
  const bootstrapNode = (await recordOf(attempt)).bootstrap?.node;
  const node =
    controlPlanes(plan.nodes).find(({ name }) => bootstrapNode === undefined || name === bootstrapNode) ??
    plan.nodes[0];
  if (!node) throw new Error('a plan without nodes');
  const { kubeconfig } = setNamed(attempt.worker.folder, plan.set);
  if (!(await isThere(kubeconfig))) {
    const machine = await Machine.open(attempt, node);
    await retryUntil(attempt, node.timeouts.verifyMs, `${node.name}: waiting for the kubeconfig`, () =>
      saveKubeconfig(machine.accessUnder(plan.set), kubeconfig, {
        signal: attempt.signal,
        timeoutMs: attempt.remainingMs(node.timeouts.verifyMs),
      }),
    );
  }
  return { kubeconfig, server: apiServerOf(node) };
}

/** A control plane's own API server, not the one behind the VIP. */
export function apiServerOf({ address }: { readonly address: string }): string {
  return `https://${address}:6443`;
}
