import type { CheckedCluster } from '../../checks/checked-cluster.ts';
import { setNamed } from '../../cluster/sets.ts';
import { minorOf } from '../../cluster/versions.ts';
import type { ExpectedCluster } from '../../run/expected-cluster.ts';
import { verifyLimitOf } from '../../run/expected-cluster.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { clusterOf } from '../attempt/run-files.ts';
import { kubernetesOf } from './kubernetes-access.ts';

/**
 * The cluster of a run as checks ask it: with the credentials of the set under which it should run,
 * within the time that it has.
 */
export async function checkedCluster(attempt: Attempt, expected: ExpectedCluster): Promise<CheckedCluster> {
  const { signal, worker } = attempt;
  const { talosconfig } = setNamed(worker.folder, expected.set);
  const talosctl = await worker.talosctl(minorOf((await clusterOf(attempt)).talos.version));
  const limitMs = verifyLimitOf(expected);
  return {
    expected,
    access: ({ name, address }) => ({ talosctl, address, node: name, talosconfig }),
    kubernetes: await kubernetesOf(attempt, expected),
    signal,
    remainingMs: () => attempt.remainingMs(limitMs),
  };
}
