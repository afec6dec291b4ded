import { access } from 'node:fs/promises';
import type { ClusterFolder } from '../../../cluster/folder.ts';
import { currentSet } from '../../../cluster/sets.ts';
import type { ClusterDefinition } from '../../../run/cluster-definition.ts';
import type { Finding } from '../../../run/findings.ts';
import { readTalosconfig } from '../../../talos/certificates.ts';
import type { SeenMachine } from './seen-machine.ts';

/** Keeping secrets needs secrets to keep; resetting needs a talosconfig with the role os:admin. */
export async function checkSecrets(
  folder: ClusterFolder,
  cluster: ClusterDefinition,
  seen: readonly SeenMachine[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (cluster.secrets === 'keep') {
    const file = (await currentSet(folder))?.secrets;
    const isThere =
      file !== undefined &&
      (await access(file).then(
        () => true,
        () => false,
      ));
    if (!isThere) {
      findings.push({
        severity: 'error',
        seen: '`secrets: keep`, but the current set has no secrets.yaml',
        remedy: 'make it with `talosctl gen secrets --from-controlplane-config`, or write `secrets: new`',
      });
    }
  }
  const talosconfigs = new Set(
    seen.flatMap((machine) => ('access' in machine && machine.access ? [machine.access.talosconfig] : [])),
  );
  for (const file of talosconfigs) {
    const { roles } = await readTalosconfig(file);
    if (roles.includes('os:admin')) continue;
    findings.push({
      severity: 'error',
      seen: `${file} has the role ${roles.join(', ') || 'none'}; a reset needs os:admin`,
      remedy: 'make one with `talosctl config new --roles os:admin`',
    });
  }
  return findings;
}
