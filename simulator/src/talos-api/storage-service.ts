import type { Boot } from '../boot.ts';
import type { Disk, Partition, Transport } from '../disks.ts';
import { volumesOf } from '../volumes.ts';
import { timestampOf } from './messages.ts';
import { unary, type Method } from './methods.ts';
import { notAuthorized, RpcError } from './rpc-error.ts';

type Empty = Record<string, never>;

interface WipeRequest {
  devices: { device: string; skipVolumeCheck: boolean; dropPartition: boolean }[];
}

const diskTypes: Record<Transport, string> = { mmc: 'SD', nvme: 'NVME', usb: 'SSD', sata: 'SSD' };

export const storageMethods: [string, Method][] = [
  unary<Empty>({ path: '/storage.StorageService/Disks', request: 'Empty', response: 'DisksResponse' }, ({ boot }) => ({
    messages: [{ disks: boot.machine.disks.map((disk) => diskFields(boot, disk)) }],
  })),
  unary<WipeRequest>(
    {
      path: '/storage.StorageService/BlockDeviceWipe',
      request: 'BlockDeviceWipeRequest',
      response: 'CommonEmptyResponse',
    },
    ({ boot, roles }, { devices }) => {
      if (!boot.isInMaintenance && !roles.has('os:admin')) throw notAuthorized();
      const targets = devices.map(({ device, skipVolumeCheck, dropPartition }) => ({
        ...wipeTarget(boot, device, skipVolumeCheck),
        dropPartition,
      }));
      for (const { disk, partition, dropPartition } of targets) {
        if (partition === undefined) disk.partitions = [];
        else if (dropPartition) disk.partitions = disk.partitions.filter((one) => one !== partition);
        else Object.assign(partition, { filesystem: '', files: {} });
        boot.machine.record('wiped-disk', { disk: disk.devPath, partition: partition?.label });
      }
      boot.machine.world.conditions.changed();
      return { messages: [{}] };
    },
  ),
  ...(['Time', 'TimeCheck'] as const).map((method) =>
    unary<{ server?: string }>(
      { path: `/time.TimeService/${method}`, request: 'TimeRequest', response: 'TimeResponse' },
      ({ boot }, { server }) => {
        const now = timestampOf(boot.machine.world.clock.wallNow());
        return { messages: [{ server: server || 'time.cloudflare.com', localtime: now, remotetime: now }] };
      },
    ),
  ),
];

function diskFields({ machine }: Boot, disk: Disk): object {
  return {
    size: disk.sizeBytes,
    model: disk.model,
    deviceName: disk.devPath,
    serial: disk.serial,
    type: diskTypes[disk.transport],
    systemDisk: disk === machine.systemDisk,
    subsystem: '/sys/class/block',
  };
}

/** A disk or a partition that no volume is in the way of. Device names come without `/dev/`. */
function wipeTarget(
  boot: Boot,
  device: string,
  skipVolumeCheck: boolean,
): { disk: Disk; partition: Partition | undefined } {
  const { machine } = boot;
  const disk = machine.disks.find(({ id }) => id === device || device.startsWith(id));
  const partition = disk?.partitions.find((one) => disk.partitionId(one) === device);
  if (disk === undefined || (disk.id !== device && partition === undefined))
    throw new RpcError('NotFound', `blockdevice "${device}" not found`);
  const volume = volumesOf(boot).find(
    (one) => one.phase === 'ready' && one.disk === disk && (partition === undefined || one.partition === partition),
  );
  if (volume !== undefined && !skipVolumeCheck) {
    throw new RpcError('FailedPrecondition', `blockdevice "${device}" is in use by volume "${volume.id}"`);
  }
  return { disk, partition };
}
