import { setNamed } from '../../cluster/sets.ts';
import { controlPlanes } from '../../run/cluster-definition.ts';
import { apiServerOf } from '../../checks/checked-cluster.ts';
import type { ExpectedCluster } from '../../run/expected-cluster.ts';
import type { KubernetesAccess } from '../../kubernetes/client.ts';
import { saveKubeconfig } from '../../talos/kubeconfig.ts';
import { retryUntil } from '../attempt/retry-until.ts';
import { Machine } from '../machine/machine.ts';
import { isThere, recordOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

/**
 * The new cluster's Kubernetes API with its new kubeconfig, which is fetched once into the set, through the API server
 * of the bootstrap node: it is there before the VIP is.
 */
export async function kubernetesOf(attempt: Attempt, expected: ExpectedCluster): Promise<KubernetesAccess> {
  const bootstrapNode = (await recordOf(attempt)).bootstrap?.node;
  const node =
    controlPlanes(expected.nodes).find(({ name }) => bootstrapNode === undefined || name === bootstrapNode) ??
    expected.nodes[0];
  if (!node) throw new Error('a cluster without nodes');
  const { kubeconfig } = setNamed(attempt.worker.folder, expected.set);
  if (!(await isThere(kubeconfig))) {
    const machine = await Machine.open(attempt, node);
    await retryUntil(attempt, node.timeouts.verifyMs, `${node.name}: waiting for the kubeconfig`, () =>
      saveKubeconfig(machine.accessUnder(expected.set), kubeconfig, {
        signal: attempt.signal,
        timeoutMs: attempt.remainingMs(node.timeouts.verifyMs),
      }),
    );
  }
  return { kubeconfig, server: apiServerOf(node) };
}
