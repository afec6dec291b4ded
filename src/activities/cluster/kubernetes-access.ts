import { setNamed } from '../../cluster/sets.ts';
import { controlPlanes } from '../../run/cluster-definition.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/steps.ts';
import type { KubernetesAccess } from '../../kubernetes/client.ts';
import { saveKubeconfig } from '../../talos/kubeconfig.ts';
import { retryUntil } from '../attempt/retry-until.ts';
import { Machine } from '../machine/machine.ts';
import { isThere, recordOf } from '../attempt/run-files.ts';
import type { Step } from '../attempt/step.ts';
import type { WorkerContext } from '../attempt/worker-context.ts';

/**
 * The new cluster's Kubernetes API with its new kubeconfig, which is fetched once into the set, through the API server of the bootstrap node: it is
 * there before the VIP is.
 */
export async function kubernetesOf(
  worker: WorkerContext,
  run: RunReference,
  plan: Plan,
  step: Step,
): Promise<KubernetesAccess> {
  const bootstrapNode = (await recordOf(worker, run)).bootstrap?.node;
  const node =
    controlPlanes(plan.nodes).find(({ name }) => bootstrapNode === undefined || name === bootstrapNode) ??
    plan.nodes[0];
  if (!node) throw new Error('a plan without nodes');
  const { kubeconfig } = setNamed(worker.folder, plan.newSet);
  if (!(await isThere(kubeconfig))) {
    const machine = await Machine.open(worker, step, run, node);
    await retryUntil(step, node.timeouts.verifyMs, `${node.name}: waiting for the kubeconfig`, () =>
      saveKubeconfig(machine.accessUnder(plan.newSet), kubeconfig, {
        signal: step.signal,
        timeoutMs: step.remainingMs(node.timeouts.verifyMs),
      }),
    );
  }
  return { kubeconfig, server: apiServerOf(node) };
}

/** A control plane's own API server, not the one behind the VIP. */
export function apiServerOf({ address }: { readonly address: string }): string {
  return `https://${address}:6443`;
}
