import { promote, setNamed } from '../../cluster/sets.ts';
import { writeChecksums } from '../../cluster/checksums.ts';
import { mergeTalosconfig } from '../../cluster/merge-talosconfig.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { mergeKubeconfig } from '../../cluster/merge-kubeconfig.ts';
import { kubernetesOf } from './kubernetes-access.ts';
import { clusterOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

/**
 * Makes the new set the one in use and, where cluster.yaml asks for it, merges its credentials into the user's own
 * files, whose former content is kept beside them. May run again.
 */
export async function finalize(
  attempt: Attempt,
  { plan }: { readonly run: RunReference; readonly plan: Plan },
): Promise<void> {
  const { merge } = await clusterOf(attempt);
  await kubernetesOf(attempt, plan); // the kubeconfig belongs to the set
  const { folder } = attempt.worker;
  const set = setNamed(folder, plan.set);
  await writeChecksums(set.path);
  await promote(folder, plan.set);
  if (merge.kubeconfig !== undefined)
    await mergeKubeconfig({ from: set.kubeconfig, into: merge.kubeconfig, name: plan.cluster });
  if (merge.talosconfig !== undefined)
    await mergeTalosconfig({ from: set.talosconfig, into: merge.talosconfig, name: plan.cluster });
}
