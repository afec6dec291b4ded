import { atMostFor, type CallOptions, type CredentialAccess, type MachineAddress } from './access.ts';
import { readFileOverApi } from './read-resources.ts';
import { callMachine } from './talosctl.ts';

/**
 * Asks a machine to reboot, gracefully. Resolves when it said yes; it is done when the boot id has changed. Never while
 * a reset may be under way: a reboot takes its place, and nothing is wiped.
 */
export async function rebootNode(access: MachineAddress & CredentialAccess, options: CallOptions = {}): Promise<void> {
  await callMachine(access, ['reboot', '--wait=false'], atMostFor(30_000, options));
}

const bootIdPath = '/proc/sys/kernel/random/boot_id';

/** The kernel's id of the current boot: another one means that the machine was started anew. */
export async function readBootId(
  access: MachineAddress & CredentialAccess,
  options: CallOptions = {},
): Promise<string> {
  const read = (await readFileOverApi(access, bootIdPath, options).catch(() => '')).trim();
  if (read !== '') return read;
  options.signal?.throwIfAborted();
  const { stdout } = await callMachine(access, ['read', bootIdPath], { timeoutMs: 10_000, ...options });
  return stdout.trim();
}
