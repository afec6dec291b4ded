/** What makes a machine this machine and no other: read from the hardware, never from its address. */
export interface MachineIdentity {
  /** Permanent hardware addresses of the physical links, lower case, sorted. */
  readonly macs: readonly string[];
  /** From SMBIOS or the device tree; an empty serial is a fact too. */
  readonly serial: string;
  readonly uuid: string;
  /** Absent where Talos is not installed. */
  readonly systemDisk?: DiskIdentity;
}

export interface DiskIdentity {
  readonly devPath: string;
  readonly sizeBytes: number;
  readonly model: string;
  readonly serial: string;
}

/**
 * Says how a machine differs from the planned one, a line each; no line means that it is the same.
 * The device path may change from boot to boot, so a disk is known by serial, model and size.
 */
export function identityDifferences(planned: MachineIdentity, seen: MachineIdentity): string[] {
  const differences: string[] = [];
  const compare = (what: string, expected: string, actual: string): void => {
    if (expected !== actual) differences.push(`${what} ${actual || '(none)'}, planned ${expected || '(none)'}`);
  };
  compare('hardware address', planned.macs.join(' '), seen.macs.join(' '));
  compare('serial', planned.serial, seen.serial);
  compare('UUID', planned.uuid, seen.uuid);
  compare('system disk', describeDisk(planned.systemDisk), describeDisk(seen.systemDisk));
  return differences;
}

function describeDisk(disk: DiskIdentity | undefined): string {
  return disk
    ? [disk.model, disk.serial && `serial ${disk.serial}`, `${disk.sizeBytes} bytes`].filter(Boolean).join(', ')
    : '';
}
