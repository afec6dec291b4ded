import { rm } from 'node:fs/promises';
import path from 'node:path';
import { readPersistentVolumes } from '../../kubernetes/persistent-volumes.ts';
import type { PersistentVolume } from '../../run/plan/persistent-volume-fate.ts';
import { redact } from '../../talos/redact.ts';
import { saveKubeconfig } from '../../talos/kubeconfig.ts';
import { apiServerOf } from '../../checks/checked-cluster.ts';
import type { CredentialedAccess } from '../machine/machine.ts';

/** Asking a control plane that is half gone must not hold up a plan. */
const timeoutMs = 10_000;
/** An answer of one is as good as that of another. */
const askedAtMost = 3;

export type OldVolumes = { readonly volumes: readonly PersistentVolume[] } | { readonly unread: string };

/**
 * Asks the old cluster's API servers, one after the other, for its PersistentVolumes; with a kubeconfig that is written
 * into `folder` and removed again. Where none answers, the result says so.
 */
export async function readOldVolumes(
  controlPlanes: readonly CredentialedAccess[],
  folder: string,
  signal: AbortSignal,
): Promise<OldVolumes> {
  const kubeconfig = path.join(folder, 'old-kubeconfig');
  let unread = 'no control plane of the old cluster answers';
  try {
    for (const access of controlPlanes.slice(0, askedAtMost)) {
      try {
        await saveKubeconfig(access, kubeconfig, { timeoutMs, signal });
        const server = apiServerOf(access);
        return { volumes: await readPersistentVolumes({ kubeconfig, server, timeoutMs, signal }) };
      } catch (error) {
        signal.throwIfAborted();
        unread = redact(error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
      }
    }
    return { unread };
  } finally {
    await rm(kubeconfig, { force: true });
  }
}
