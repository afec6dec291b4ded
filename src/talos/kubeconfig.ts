import { atMostFor, type CallOptions, type CredentialAccess, type MachineAddress } from './access.ts';
import { writeWhole } from './private-file.ts';
import { callMachine } from './talosctl.ts';

/**
 * Writes the cluster's admin kubeconfig to `file`, 0600, replacing one that is there at once. Its server
 * is the cluster's endpoint. Any control plane gives it. Never merged: without a path talosctl would
 * write into the user's own.
 */
export async function saveKubeconfig(
  access: MachineAddress & CredentialAccess,
  file: string,
  options: CallOptions = {},
): Promise<void> {
  await writeWhole(
    file,
    async (unfinished) => {
      await callMachine(access, ['kubeconfig', unfinished, '--merge=false', '--force'], atMostFor(30_000, options));
    },
    { replace: true },
  );
}
