import { atMostFor, type CallOptions, type CredentialAccess, type MachineAddress } from './access.ts';
import { callMachine } from './talosctl.ts';

/**
 * What a reset may wipe; there is no way to ask for anything else. Without labels it takes the whole system disk,
 * firmware included, after which a Pi does not start any more; STATE alone leaves etcd's old data, and META makes
 * Talos install itself anew.
 */
export type WipeScope = 'STATE+EPHEMERAL' | 'EPHEMERAL';

const labels: Readonly<Record<WipeScope, string>> = { 'STATE+EPHEMERAL': 'STATE,EPHEMERAL', EPHEMERAL: 'EPHEMERAL' };

/**
 * Asks a machine to wipe and start anew. Resolves when it said yes, which is before anything happens and proves
 * nothing: watch it until it is in maintenance mode. Not graceful, because leaving etcd cannot work while a whole
 * cluster goes; with `--reboot`, because a machine that is switched off stays off; without `--wait`, because that
 * hangs. Only with credentials: a rebuilt machine refuses the old ones.
 */
export async function resetNode(
  access: MachineAddress & CredentialAccess,
  scope: WipeScope,
  options: CallOptions = {},
): Promise<void> {
  const wipe = ['--system-labels-to-wipe', labels[scope]];
  const args = ['reset', '--graceful=false', '--reboot', ...wipe, '--wait=false'];
  await callMachine(access, args, atMostFor(30_000, options));
}
