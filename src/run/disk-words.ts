import type { DiskIdentity } from './machine-identity.ts';

/** A disk as a machine shows it. */
export interface SeenDisk extends DiskIdentity {
  /** `mmc`, `usb`, `nvme` …; empty where the machine does not say. */
  readonly transport: string;
}

const kinds: Readonly<Record<string, string>> = {
  mmc: 'SD card or eMMC',
  usb: 'USB disk',
  nvme: 'NVMe disk',
  sata: 'SATA disk',
  ata: 'SATA disk',
  virtio: 'virtual disk',
};

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** As disks are sold, in powers of ten: `64 GB`, `1 TB`. */
export function sizeInWords(bytes: number): string {
  const power = bytes < 10 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} ${units[power]}`;
}

/** `1 TB USB disk /dev/sda (Expansion, serial NAB0DEM0)`: enough to find it with a torch. */
export function diskInWords(disk: SeenDisk): string {
  const kind = kinds[disk.transport] ?? 'disk';
  const marks = [disk.model, disk.serial === '' ? 'no serial' : `serial ${disk.serial}`].filter(Boolean).join(', ');
  return `${sizeInWords(disk.sizeBytes)} ${kind} ${disk.devPath} (${marks})`;
}
