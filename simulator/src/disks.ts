import { createHash } from 'node:crypto';
import type { EtcdData } from './etcd-cluster.ts';

export type Transport = 'mmc' | 'usb' | 'nvme' | 'sata';

export interface PartitionSpec {
  label: string;
  sizeBytes: number;
  filesystem?: string;
  uuid?: string;
  /** Content by path: what has to be there after a rebuild. */
  files?: Record<string, string>;
}

export interface DiskSpec {
  /** `/dev/mmcblk0` */
  devPath: string;
  sizeBytes: number;
  model?: string;
  serial?: string;
  transport: Transport;
  partitions?: PartitionSpec[];
}

/** What the STATE partition holds. */
export interface StateVolume {
  configuration?: string;
  /** The node's identity: an automatic hostname is derived from it, so it changes when STATE is wiped. */
  nodeId: string;
}

/** What the EPHEMERAL partition holds. */
export interface EphemeralVolume {
  etcd?: EtcdData;
  imagesPulled: boolean;
}

export interface Partition {
  label: string;
  sizeBytes: number;
  filesystem: string;
  uuid: string;
  partitionUuid: string;
  index: number;
  files: Record<string, string>;
  state?: StateVolume;
  ephemeral?: EphemeralVolume;
}

/** A disk and what is on it. It outlives boots and resets, as long as nobody wipes it. */
export class Disk {
  readonly devPath: string;
  readonly sizeBytes: number;
  readonly model: string;
  serial: string;
  readonly transport: Transport;
  partitions: Partition[] = [];

  constructor(spec: DiskSpec) {
    this.devPath = spec.devPath;
    this.sizeBytes = spec.sizeBytes;
    this.model = spec.model ?? '';
    this.serial = spec.serial ?? '';
    this.transport = spec.transport;
    for (const partition of spec.partitions ?? []) this.addPartition(partition);
  }

  /** `mmcblk0` */
  get id(): string {
    return this.devPath.replace('/dev/', '');
  }

  partition(label: string): Partition | undefined {
    return this.partitions.find((one) => one.label === label);
  }

  /** `mmcblk0p3`, `sda1` */
  partitionId(partition: Partition): string {
    return /\d$/.test(this.id) ? `${this.id}p${partition.index}` : `${this.id}${partition.index}`;
  }

  addPartition(spec: PartitionSpec): Partition {
    const index = Math.max(0, ...this.partitions.map((one) => one.index)) + 1;
    const seed = `${this.devPath}/${this.serial}/${spec.label}/${index}`;
    const partition: Partition = {
      label: spec.label,
      sizeBytes: spec.sizeBytes,
      filesystem: spec.filesystem ?? '',
      uuid: spec.uuid ?? uuidFrom(`filesystem/${seed}`),
      partitionUuid: uuidFrom(`partition/${seed}`),
      index,
      files: { ...spec.files },
    };
    this.partitions.push(partition);
    return partition;
  }

  removePartition(label: string): void {
    this.partitions = this.partitions.filter((one) => one.label !== label);
  }

  /** Writes Talos: the partitions that are there before the first boot. META marks the disk as installed. */
  writeTalos(): void {
    this.partitions = [];
    this.addPartition({ label: 'EFI', sizeBytes: 2_202_009_600, filesystem: 'vfat' });
    this.addPartition({ label: 'META', sizeBytes: 1_048_576, filesystem: 'talosmeta' });
  }

  /** Whether a machine can boot from it: boot loader and kernel are on EFI. */
  get isBootable(): boolean {
    return this.partition('EFI') !== undefined;
  }

  /** Whether Talos counts it as its system disk: the mark of that is META. */
  get isInstalled(): boolean {
    return this.partition('META') !== undefined;
  }

  /** STATE, made when it is not there. */
  state(newNodeId: () => string): StateVolume {
    const partition =
      this.partition('STATE') ?? this.addPartition({ label: 'STATE', sizeBytes: 104_857_600, filesystem: 'xfs' });
    partition.state ??= { nodeId: newNodeId() };
    return partition.state;
  }

  /** EPHEMERAL, made when it is not there: all that is left of the disk. */
  ephemeral(): EphemeralVolume {
    const partition =
      this.partition('EPHEMERAL') ??
      this.addPartition({ label: 'EPHEMERAL', sizeBytes: Math.max(this.freeBytes, 1_048_576), filesystem: 'xfs' });
    partition.ephemeral ??= { imagesPulled: false };
    return partition.ephemeral;
  }

  get freeBytes(): number {
    return this.sizeBytes - this.partitions.reduce((sum, one) => sum + one.sizeBytes, 2_097_152);
  }
}

/** A UUID that is always the same for the same seed. */
export function uuidFrom(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
