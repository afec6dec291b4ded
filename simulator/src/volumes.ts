import { celUint, type CelInput } from '@bufbuild/cel';
import type { Boot } from './boot.ts';
import type { Disk, Partition } from './disks.ts';
import type { Hardware } from './hardware.ts';
import type { VolumeDocument } from './machine-configuration.ts';
import { selects } from './selectors.ts';

/** A volume of the system or of the configuration, and where it was found. */
export interface Volume {
  id: string;
  phase: 'waiting' | 'failed' | 'missing' | 'located' | 'provisioned' | 'prepared' | 'ready' | 'closed';
  type: 'partition' | 'disk' | 'directory';
  disk?: Disk;
  partition?: Partition;
  errorMessage?: string;
}

/** All volumes of a machine, as `volumestatus` lists them. */
export function volumesOf(boot: Boot): Volume[] {
  const { machine, configuration } = boot;
  const system: Volume[] = [];
  for (const id of ['META', 'STATE', 'EPHEMERAL']) {
    const partition = machine.partition(id);
    const disk = machine.systemDisk;
    if (partition !== undefined && disk !== undefined)
      system.push({ id, phase: 'ready', type: 'partition', disk, partition });
    else system.push({ id, phase: id === 'STATE' && boot.isInMaintenance ? 'missing' : 'waiting', type: 'partition' });
  }
  if (configuration?.complete !== true) return system;
  return [...system, ...configuration.volumes.map((document) => locate(machine, document)), ...userDiskVolumes(boot)];
}

/** The volumes of `machine.disks`: one for each partition, by its place on the disk. */
function userDiskVolumes({ machine, configuration }: Boot): Volume[] {
  return (configuration?.disks ?? []).flatMap(({ device, mountpoints }) => {
    const disk = machine.disks.find(({ devPath }) => devPath === device);
    return mountpoints.map((_, index): Volume => {
      const id = `${device}-${index + 1}`;
      const partition = disk?.partitions.find((one) => one.index === index + 1);
      if (disk === undefined) return { id, phase: 'waiting', type: 'partition' };
      return partition === undefined
        ? { id, phase: 'failed', type: 'partition', errorMessage: 'no disks matched for volume' }
        : { id, phase: 'ready', type: 'partition', disk, partition };
    });
  });
}

/**
 * Makes the partitions of user volumes that are not there yet. One that is there is used again, with all that is on it.
 */
export function provisionUserVolumes(boot: Boot): void {
  const { machine, configuration } = boot;
  for (const document of configuration?.volumes ?? []) {
    if (document.kind !== 'user' || document.volumeType !== 'partition' || locate(machine, document).phase === 'ready')
      continue;
    const disk = matchingDisks(machine, document.match).find(
      (one) => one.freeBytes >= Math.max(document.minSizeBytes, 1_048_576),
    );
    disk?.addPartition({ label: document.id, sizeBytes: disk.freeBytes, filesystem: 'xfs' });
  }
  for (const { device, mountpoints } of configuration?.disks ?? []) {
    const disk = machine.disks.find(({ devPath }) => devPath === device);
    if (disk === undefined || disk.partitions.length > 0) continue;
    for (const _ of mountpoints)
      disk.addPartition({ label: '', sizeBytes: Math.floor(disk.freeBytes / mountpoints.length), filesystem: 'xfs' });
  }
}

function locate(machine: Hardware, document: VolumeDocument): Volume {
  const { id } = document;
  const failed = (errorMessage: string): Volume => ({ id, phase: 'failed', type: 'partition', errorMessage });
  try {
    if (document.kind === 'existing') {
      const found = partitionsOf(machine).find(({ disk, partition }) =>
        selects(document.match, { volume: volumeFields(disk, partition), disk: diskFields(disk) }),
      );
      return found === undefined
        ? { id, phase: 'missing', type: 'partition' }
        : { id, phase: 'ready', type: 'partition', ...found };
    }
    if (document.volumeType === 'directory') return { id, phase: 'ready', type: 'directory' };
    const found = partitionsOf(machine).find(({ partition }) => partition.label === id);
    if (found !== undefined) return { id, phase: 'ready', type: 'partition', ...found };
    const [disk] = matchingDisks(machine, document.match);
    if (disk === undefined) return failed('no disks matched selector for volume: no disks matched the expression');
    if (document.volumeType === 'disk') return { id, phase: 'ready', type: 'disk', disk };
    return failed('no disks matched for volume: not enough space');
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function partitionsOf(machine: Hardware): { disk: Disk; partition: Partition }[] {
  return machine.disks.flatMap((disk) => disk.partitions.map((partition) => ({ disk, partition })));
}

function matchingDisks(machine: Hardware, match: string): Disk[] {
  return machine.disks.filter((disk) =>
    selects(match, { disk: diskFields(disk), system_disk: disk === machine.systemDisk }),
  );
}

function diskFields(disk: Disk): Record<string, CelInput> {
  return {
    dev_path: disk.devPath,
    size: celUint(BigInt(disk.sizeBytes)),
    model: disk.model,
    serial: disk.serial,
    transport: disk.transport,
    rotational: false,
    readonly: false,
    cdrom: false,
    wwid: '',
    uuid: '',
    modalias: '',
    bus_path: '',
    symlinks: [],
  };
}

function volumeFields(disk: Disk, partition: Partition): Record<string, CelInput> {
  return {
    name: partition.filesystem,
    label: '',
    uuid: partition.uuid,
    size: celUint(BigInt(partition.sizeBytes)),
    partition_label: partition.label,
    partition_uuid: partition.partitionUuid,
    partition_index: celUint(BigInt(partition.index)),
    parent: disk.id,
    parent_dev_path: disk.devPath,
    dev_path: `/dev/${disk.partitionId(partition)}`,
  };
}
