import type { SeenDisk } from '../run/disk-words.ts';
import type { Access, CallOptions } from './access.ts';
import { at, isRecord, textAt } from './config-documents.ts';
import { diskIdentity } from './hardware.ts';
import { readResources } from './read-resources.ts';
import type { Resource } from './resources.ts';

/** A machine's disks and what is on them, the same in maintenance mode and configured. No secrets. */
export interface MachineStorage {
  /** Without loop devices and the like; CD-ROMs and read-only disks are not written to and left out as well. */
  readonly disks: readonly StorageDisk[];
  readonly volumes: readonly StorageVolume[];
  /** Device path of the disk that Talos is on; absent where it is not installed. */
  readonly systemDisk?: string;
  /** Ids of volumes whose key that is in use is locked to the salt in STATE. */
  readonly lockedToState: readonly string[];
  /** What the machine calls itself now. */
  readonly hostname?: string;
}

export interface StorageDisk extends SeenDisk {
  readonly symlinks: readonly string[];
  /** As Talos has it, for selectors. */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A disk or a partition, as the kernel and blkid see it. */
export interface StorageVolume {
  readonly devPath: string;
  /** Of the disk, for partitions. */
  readonly parentDevPath: string;
  readonly label: string;
  /** File system, `luks`, `gpt` …; empty where there is nothing. */
  readonly content: string;
  readonly uuid: string;
  readonly partitionUuid: string;
  readonly partitionIndex: number;
  readonly sizeBytes: number;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Reads a machine's storage: no process, some 20 ms. */
export async function readStorage(access: Access, options: CallOptions = {}): Promise<MachineStorage> {
  const names = ['disks', 'discoveredvolumes', 'systemdisk', 'volumestatus', 'hostname'] as const;
  return storageOf(await readResources(access, names, options));
}

export type StorageResources = Record<
  'disks' | 'discoveredvolumes' | 'systemdisk' | 'volumestatus' | 'hostname',
  readonly Resource[]
>;

/** Makes a machine's storage out of its resources. */
export function storageOf(resources: StorageResources): MachineStorage {
  const systemDisk = textAt(resources.systemdisk[0]?.spec, 'devPath');
  const hostname = textAt(resources.hostname[0]?.spec, 'hostname');
  const locked = resources.volumestatus.filter(({ spec }) => at(spec, 'encryptionLockedToState') === true);
  return {
    disks: resources.disks.filter(isReal).map(diskOf),
    volumes: resources.discoveredvolumes.map(volumeOf),
    ...(systemDisk === undefined ? {} : { systemDisk }),
    lockedToState: locked.map(({ id }) => id),
    ...(hostname === undefined ? {} : { hostname }),
  };
}

function isReal({ id, spec }: Resource): boolean {
  return !/^(?:loop|zram|dm-|sr)\d*/.test(id) && at(spec, 'cdrom') !== true && at(spec, 'readonly') !== true;
}

function diskOf(disk: Resource): StorageDisk {
  const symlinks = at(disk.spec, 'symlinks');
  return {
    ...diskIdentity(disk),
    transport: textAt(disk.spec, 'transport') ?? '',
    symlinks: Array.isArray(symlinks) ? symlinks.map(String) : [],
    spec: isRecord(disk.spec) ? disk.spec : {},
  };
}

function volumeOf({ id, spec }: Resource): StorageVolume {
  return {
    devPath: textAt(spec, 'dev_path') ?? `/dev/${id}`,
    parentDevPath: textAt(spec, 'parent_dev_path') ?? (textAt(spec, 'parent') ? `/dev/${textAt(spec, 'parent')}` : ''),
    label: textAt(spec, 'partition_label') ?? '',
    content: textAt(spec, 'name') ?? '',
    uuid: textAt(spec, 'uuid') ?? '',
    partitionUuid: textAt(spec, 'partition_uuid') ?? '',
    partitionIndex: Number(at(spec, 'partition_index') ?? 0),
    sizeBytes: Number(at(spec, 'size') ?? 0),
    spec: isRecord(spec) ? spec : {},
  };
}

/** What identifies a disk to a person; the rest is for selectors. */
export function seenDisk({ devPath, sizeBytes, model, serial, transport }: StorageDisk): SeenDisk {
  return { devPath, sizeBytes, model, serial, transport };
}

/** The disk with this device path or link to it, as configurations name disks. */
export function diskNamed({ disks }: MachineStorage, name: string): StorageDisk | undefined {
  return disks.find(({ devPath, symlinks }) => devPath === name || symlinks.includes(name));
}

/** What is on a disk: its partitions, or a file system on all of it. */
export function contentsOf(
  { volumes }: MachineStorage,
  { devPath }: Pick<StorageDisk, 'devPath'>,
): readonly StorageVolume[] {
  const partitions = volumes.filter(({ parentDevPath }) => parentDevPath === devPath);
  if (partitions.length > 0) return partitions;
  return volumes.filter((one) => one.devPath === devPath && one.content !== '');
}
