import { Failure } from '../run/failure.ts';
import type { MachineIdentity } from '../run/machine-identity.ts';
import { describeCondition } from '../run/node-condition.ts';
import { type Access, type CallOptions, type MaintenanceAccess, type MachineAddress, nameOf } from './access.ts';
import { type HardwareResources, identityOf } from './hardware.ts';
import { observeNode } from './probe.ts';
import { readResources } from './read-resources.ts';

/**
 * Reads what makes a machine this machine, from its hardware: no process, some 20 ms. In maintenance mode there
 * is no trusted certificate, so the one that the machine shows afterwards has to be the one that it showed
 * before, else `WrongMachine`.
 */
export async function readIdentity(access: Access, options: CallOptions = {}): Promise<MachineIdentity> {
  const identity = identityOf(await readHardware(access, options));
  if ('insecure' in access) await assertSameCertificate(access, options);
  return identity;
}

export async function readHardware(access: Access, options: CallOptions): Promise<HardwareResources> {
  const types = ['links', 'systeminformation', 'systemdisk', 'disks'] as const;
  const { systeminformation, systemdisk, ...rest } = await readResources(access, types, options);
  return { ...rest, systemInformation: systeminformation, systemDisk: systemdisk };
}

/** Reading takes no `--cert-fingerprint` in Talos 1.13, so the certificate is compared by a handshake of our own. */
async function assertSameCertificate(access: MachineAddress & MaintenanceAccess, options: CallOptions): Promise<void> {
  const now = await observeNode(access.address, [], { signal: options.signal });
  if (now.kind === 'maintenance' && now.fingerprint === access.fingerprint) return;
  if (now.kind === 'unreachable') {
    throw new Failure(
      'NodeUnreachable',
      `${nameOf(access)}: does not answer any more (${now.reason}). Nothing was sent to it.`,
    );
  }
  const seen = now.kind === 'maintenance' ? 'in maintenance mode with another certificate' : describeCondition(now);
  throw new Failure(
    'WrongMachine',
    `${nameOf(access)}: while it was looked at, it became ${seen}: another machine, or it was started anew. Nothing was sent to it.`,
  );
}
