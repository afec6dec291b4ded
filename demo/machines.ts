import { readFile } from 'node:fs/promises';
import type { ClusterDefinition, NodeDefinition } from '../src/run/cluster-definition.ts';
import type { DiskSpec, MachineSpec, Transport } from '../simulator/src/lab.ts';

const usbDisk: DiskSpec = {
  devPath: '/dev/sda',
  sizeBytes: 1_000_204_886_016,
  model: 'Expansion',
  serial: 'NAB0DEM0',
  transport: 'usb',
  partitions: [
    {
      label: '',
      sizeBytes: 1_000_202_788_864,
      filesystem: 'xfs',
      files: { 'photos/2019/summer.jpg': 'the only copy of this picture' },
    },
  ],
};

/**
 * The machines in the rack, running the old cluster; a USB disk with somebody's data hangs on each whose patches
 * mount an existing volume.
 */
export async function machinesOf(
  definition: ClusterDefinition,
  configurations: ReadonlyMap<string, string>,
): Promise<MachineSpec[]> {
  return Promise.all(
    definition.nodes.map(async (node): Promise<MachineSpec> => {
      const configuration = configurations.get(node.name);
      const [mac] = node.macs;
      return {
        name: node.name,
        address: node.address,
        link: node.link,
        talosVersion: definition.talos.version,
        systemDisk: systemDiskOf(node),
        ...(configuration === undefined ? {} : { configuration }),
        ...(mac === undefined ? {} : { mac }),
        ...((await mountsExistingVolume(node)) ? { extraDisks: [usbDisk] } : {}),
      };
    }),
  );
}

function systemDiskOf({ installDisk, name }: NodeDefinition): DiskSpec {
  return {
    devPath: installDisk,
    sizeBytes: 63_864_569_856,
    model: 'SD64G',
    serial: `0x${Buffer.from(name).toString('hex').slice(-8)}`,
    transport: transportOf(installDisk),
  };
}

function transportOf(devPath: string): Transport {
  if (devPath.startsWith('/dev/mmcblk')) return 'mmc';
  return devPath.startsWith('/dev/nvme') ? 'nvme' : 'sata';
}

async function mountsExistingVolume(node: NodeDefinition): Promise<boolean> {
  const patches = await Promise.all(node.patches.map((file) => readFile(file, 'utf8')));
  return patches.some((text) => /^kind:\s*ExistingVolumeConfig\s*$/m.test(text));
}
