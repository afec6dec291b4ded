import type { SeenDisk } from '../disk-words.ts';
import { diskInWords, sizeInWords } from '../disk-words.ts';

/**
 * What there is on a disk and outlives the reset of STATE and EPHEMERAL: a partition, or a
 * whole disk without partitions.
 */
export interface KeptPartition {
  readonly devPath: string;
  /** Of the partition; empty for a whole disk and for partitions of the old form `machine.disks`. */
  readonly label: string;
  /** Of the partition, or of the file system on a whole disk. */
  readonly uuid: string;
  /** `xfs`, `luks`, `swap` …; empty where nothing is on it. */
  readonly content: string;
  readonly sizeBytes: number;
  readonly disk: SeenDisk;
}

/** What a volume document of the new configuration comes to on the machine, once STATE and EPHEMERAL are gone. */
export type VolumeFate =
  /** It mounts what is there. `formats`: nothing is on that partition, so a file system is made. */
  | { readonly kind: 'uses'; readonly partition: KeptPartition; readonly formats?: string }
  /** A new partition, or the whole of an empty disk; only free space is formatted, nothing is overwritten. */
  | {
      readonly kind: 'makes';
      readonly disk: SeenDisk;
      readonly what: 'partition' | 'whole disk';
      readonly filesystem: string;
    }
  /** A directory on EPHEMERAL: empty after a rebuild. */
  | { readonly kind: 'directory' }
  /** The configuration would wait or fail on the machine; forbids the rebuild. */
  | { readonly kind: 'nothing'; readonly why: string }
  /** It cannot be told here. */
  | { readonly kind: 'unknown'; readonly why: string };

/** One volume document, or one partition of `machine.disks`, and its fate. */
export interface PlannedVolume {
  /** `ExistingVolumeConfig usb-storage`, `machine.disks /dev/sda partition 1`. */
  readonly document: string;
  /** Where Talos mounts it; absent where it is not mounted. */
  readonly mount?: string;
  readonly fate: VolumeFate;
}

/** A volume of the old cluster that is on no part that is wiped. */
export interface KeptVolume {
  readonly partition: KeptPartition;
  /** What the running configuration calls it; absent where it says nothing of it. */
  readonly name?: string;
  /** Which document of the new configuration takes it over. */
  readonly takenOverBy?: string;
  /** Why nobody can read it afterwards. */
  readonly unreadable?: string;
}

export function partitionInWords({ devPath, label, content, sizeBytes, uuid, disk }: KeptPartition): string {
  const marks = [
    sizeInWords(sizeBytes),
    content || 'empty',
    label === '' ? 'no label' : `label ${label}`,
    ...(uuid === '' ? [] : [`UUID ${uuid}`]),
  ];
  return devPath === disk.devPath
    ? `the whole ${diskInWords(disk)}, ${content || 'empty'}`
    : `${devPath} (${marks.join(', ')}) on the ${diskInWords(disk)}`;
}

/** `ExistingVolumeConfig usb-storage: mounts /dev/sda1 (1 TB, xfs …)`. */
export function plannedVolumeInWords({ document, fate }: PlannedVolume): string {
  return `${document}: ${fateInWords(fate)}`;
}

function fateInWords(fate: VolumeFate): string {
  switch (fate.kind) {
    case 'uses':
      return fate.formats === undefined
        ? `matches ${partitionInWords(fate.partition)}; it stays as it is`
        : `matches ${partitionInWords(fate.partition)}; would format it as ${fate.formats}`;
    case 'makes':
      return fate.what === 'partition'
        ? `would make a new partition on the ${diskInWords(fate.disk)} and format it as ${fate.filesystem}`
        : `would format the whole ${diskInWords(fate.disk)}, which is empty, as ${fate.filesystem}`;
    case 'directory':
      return 'a directory on EPHEMERAL, empty after the rebuild';
    case 'nothing':
      return `matches nothing: ${fate.why}`;
    case 'unknown':
      return `cannot be evaluated here: ${fate.why}`;
  }
}

export function keptVolumeInWords({ partition, name, takenOverBy, unreadable }: KeptVolume): string {
  const what = `${name === undefined ? '' : `${name}: `}${partitionInWords(partition)}`;
  if (unreadable !== undefined) return `${what}: kept, but unreadable afterwards: ${unreadable}`;
  return takenOverBy === undefined
    ? `${what}: kept, but no document of the new configuration mounts it`
    : `${what}: kept, mounted by ${takenOverBy}`;
}
