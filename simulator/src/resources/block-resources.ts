import type { Boot } from '../boot.ts';
import type { Disk, Partition } from '../disks.ts';
import { volumesOf, type Volume } from '../volumes.ts';
import type { Described, Describe } from './described.ts';

/** Sizes as people read them, in powers of ten: `64 GB`, `1.0 TB`. */
function prettySize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = bytes < 10 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

function diskResource(disk: Disk): Described {
  return {
    namespace: 'runtime',
    id: disk.id,
    spec: {
      dev_path: disk.devPath,
      size: disk.sizeBytes,
      pretty_size: prettySize(disk.sizeBytes),
      io_size: 512,
      sector_size: 512,
      readonly: false,
      cdrom: false,
      ...(disk.model === '' ? {} : { model: disk.model }),
      ...(disk.serial === '' ? {} : { serial: disk.serial }),
      bus_path: `/platform/${disk.transport}`,
      sub_system: '/sys/class/block',
      ...(disk.transport === 'sata' ? { transport: 'sata' } : { transport: disk.transport }),
      symlinks: disk.serial === '' ? [] : [`/dev/disk/by-id/${disk.transport}-${disk.model}_${disk.serial}`],
    },
    owner: 'block.DisksController',
  };
}

function discoveredDisk(disk: Disk): Described {
  return {
    namespace: 'runtime',
    id: disk.id,
    spec: {
      dev_path: disk.devPath,
      type: 'disk',
      device_path: `/devices/platform/${disk.id}`,
      offset: 0,
      size: disk.sizeBytes,
      pretty_size: prettySize(disk.sizeBytes),
      sector_size: 512,
      io_size: 512,
      name: disk.partitions.length > 0 ? 'gpt' : '',
    },
  };
}

function discoveredPartition(disk: Disk, partition: Partition): Described {
  const id = disk.partitionId(partition);
  return {
    namespace: 'runtime',
    id,
    spec: {
      dev_path: `/dev/${id}`,
      type: 'partition',
      device_path: `/devices/platform/${disk.id}/${id}`,
      parent: disk.id,
      parent_dev_path: disk.devPath,
      offset: 1_048_576 * partition.index,
      size: partition.sizeBytes,
      pretty_size: prettySize(partition.sizeBytes),
      sector_size: 512,
      io_size: 512,
      name: partition.filesystem,
      ...(partition.filesystem === '' ? {} : { uuid: partition.uuid }),
      probed_size: partition.sizeBytes,
      partition_uuid: partition.partitionUuid,
      partition_type: '0fc63daf-8483-4772-8e79-3d69d8477de4',
      partition_label: partition.label,
      partition_index: partition.index,
    },
  };
}

function volumeResource({ id, phase, type, disk, partition, errorMessage }: Volume): Described {
  const located =
    disk === undefined
      ? {}
      : partition === undefined
        ? {
            location: disk.devPath,
            mountLocation: disk.devPath,
            size: disk.sizeBytes,
            prettySize: prettySize(disk.sizeBytes),
          }
        : {
            location: `/dev/${disk.partitionId(partition)}`,
            mountLocation: `/dev/${disk.partitionId(partition)}`,
            partitionIndex: partition.index,
            parentLocation: disk.devPath,
            uuid: partition.uuid,
            partitionUUID: partition.partitionUuid,
            size: partition.sizeBytes,
            prettySize: prettySize(partition.sizeBytes),
            filesystem: partition.filesystem === '' ? 'none' : partition.filesystem,
          };
  return {
    namespace: 'runtime',
    id,
    spec: { phase, type, ...located, ...(errorMessage === undefined ? {} : { errorMessage }) },
    owner: 'block.VolumeManagerController',
  };
}

export const blockResources: Record<string, Describe> = {
  'Disks.block.talos.dev': ({ machine }) => machine.disks.map(diskResource),
  'DiscoveredVolumes.block.talos.dev': ({ machine }) =>
    machine.disks.flatMap((disk) => [
      discoveredDisk(disk),
      ...disk.partitions.map((partition) => discoveredPartition(disk, partition)),
    ]),
  'SystemDisks.block.talos.dev': ({ machine }: Boot) =>
    machine.systemDisk === undefined
      ? []
      : [
          {
            namespace: 'runtime',
            id: 'system-disk',
            spec: { diskID: machine.systemDisk.id, devPath: machine.systemDisk.devPath },
          },
        ],
  'VolumeStatuses.block.talos.dev': (boot) => volumesOf(boot).map(volumeResource),
};
