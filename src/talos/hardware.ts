import type { DiskIdentity, MachineIdentity } from '../run/machine-identity.ts';
import { at, textAt } from './config-documents.ts';
import type { Resource } from './resources.ts';

/** The resources from which a machine is known; the same in maintenance mode and configured. */
export interface HardwareResources {
  readonly links: readonly Resource[];
  readonly systemInformation: readonly Resource[];
  readonly systemDisk: readonly Resource[];
  readonly disks: readonly Resource[];
}

/** Makes a machine's identity out of its resources. Virtual links have no permanent address and do not count. */
export function identityOf(resources: HardwareResources): MachineIdentity {
  const macs = resources.links.filter(isPhysical).map(permanentAddress).filter(isRealMac).sort();
  const information = resources.systemInformation[0]?.spec;
  const systemDisk = systemDiskOf(resources);
  return {
    macs,
    serial: textAt(information, 'serialnumber') ?? '',
    uuid: textAt(information, 'uuid') ?? '',
    ...(systemDisk === undefined ? {} : { systemDisk }),
  };
}

export function diskIdentity(disk: Resource): DiskIdentity {
  return {
    devPath: textAt(disk.spec, 'dev_path') ?? `/dev/${disk.id}`,
    sizeBytes: Number(at(disk.spec, 'size') ?? 0),
    model: textAt(disk.spec, 'model') ?? '',
    serial: textAt(disk.spec, 'serial') ?? '',
  };
}

/** An Ethernet link that no software made: bonds, VLANs, bridges and the like name their kind. */
export function isPhysical(link: Resource): boolean {
  return textAt(link.spec, 'type') === 'ether' && (textAt(link.spec, 'kind') ?? '') === '';
}

function permanentAddress(link: Resource): string {
  return (textAt(link.spec, 'permanentAddr') ?? '').toLowerCase();
}

function isRealMac(mac: string): boolean {
  return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) && mac !== '00:00:00:00:00:00';
}

/** Talos names its disk by id; without one it is not installed. */
function systemDiskOf({ systemDisk, disks }: HardwareResources): DiskIdentity | undefined {
  const named = systemDisk[0]?.spec;
  if (named === undefined) return undefined;
  const id = textAt(named, 'diskID');
  const path = textAt(named, 'devPath');
  const disk = disks.find((one) => one.id === id || textAt(one.spec, 'dev_path') === path);
  return disk === undefined ? undefined : diskIdentity(disk);
}
