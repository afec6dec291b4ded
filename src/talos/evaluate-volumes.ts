import type { KeptPartition, KeptVolume, PlannedVolume, VolumeFate } from '../run/plan/volume-fate.ts';
import { SelectorNotUnderstood, diskSelector, volumeSelector } from './selectors.ts';
import {
  type MachineStorage,
  type StorageDisk,
  type StorageVolume,
  contentsOf,
  diskNamed,
  seenDisk,
} from './storage.ts';
import type { VolumeDocument } from './volume-documents.ts';

/** The partitions that a reset to maintenance mode takes away. */
const wiped = ['STATE', 'EPHEMERAL'];
/** Talos's own. */
const system = [...wiped, 'EFI', 'META', 'BIOS', 'BOOT', 'BOOT-A', 'BOOT-B', 'IMAGECACHE'];

export interface Evaluation {
  readonly storage: MachineStorage;
  /** Whether STATE and EPHEMERAL go before the configuration comes. */
  readonly isReset: boolean;
  /** Disk that the apply erases, by its device path. */
  readonly erased?: string;
  /** Whether EPHEMERAL will leave room on the system disk. */
  readonly leavesRoom: boolean;
}

/**
 * Says of each volume of a configuration what Talos will do about it on this machine, by the rules of Talos
 * 1.13: a volume that is found is used, one that is not is made on the first disk that has room, and only what
 * is empty is ever formatted. Pure.
 */
export function evaluateVolumes(volumes: readonly VolumeDocument[], evaluation: Evaluation): PlannedVolume[] {
  return volumes.map((volume) => ({
    document: volume.document,
    ...(volume.mount === undefined ? {} : { mount: volume.mount }),
    fate: fateOf(volume, evaluation),
  }));
}

function fateOf(volume: VolumeDocument, evaluation: Evaluation): VolumeFate {
  if (volume.finds.by === 'directory') return { kind: 'directory' };
  try {
    const found = matchesOf(volume, evaluation);
    if (found.length > 0) return uses(volume, found, evaluation);
    return volume.makes === undefined
      ? { kind: 'nothing', why: 'no partition of this machine is as it says' }
      : makes(volume, volume.makes, evaluation);
  } catch (error) {
    if (error instanceof SelectorNotUnderstood) return { kind: 'unknown', why: error.message };
    throw error;
  }
}

/** In the order in which Talos looks; it takes the first. */
function matchesOf({ finds, makes: provisioning }: VolumeDocument, evaluation: Evaluation): StorageVolume[] {
  const { storage } = evaluation;
  const there = remaining(evaluation);
  switch (finds.by) {
    case 'directory':
      return [];
    case 'label':
      return there.filter(({ label }) => label === finds.label);
    case 'volume selector': {
      const matches = volumeSelector(finds.match);
      return there.filter((one) => matches(one.spec, diskOf(storage, one)?.spec ?? {}));
    }
    case 'disk selector': {
      const matching = disksMatching(finds.match, evaluation);
      if (matching.length > 1) {
        throw new SelectorNotUnderstood(
          `\`${finds.match}\` holds for ${matching.map(({ devPath }) => devPath).join(' and ')}`,
        );
      }
      return matching.flatMap(({ devPath }) => there.filter((one) => one.devPath === devPath && one.content !== ''));
    }
    case 'position': {
      const disk = diskNamed(storage, finds.device);
      if (disk === undefined || provisioning === undefined) return [];
      return there.filter((one) => one.parentDevPath === disk.devPath && one.partitionIndex === finds.index);
    }
  }
}

/** What is on the disks when the new configuration comes. */
export function remaining({ storage, isReset, erased }: Evaluation): readonly StorageVolume[] {
  return storage.volumes.filter(
    ({ label, parentDevPath }) =>
      !(isReset && wiped.includes(label)) && (erased === undefined || parentDevPath !== erased),
  );
}

function uses(volume: VolumeDocument, found: readonly StorageVolume[], { storage }: Evaluation): VolumeFate {
  const [first] = found;
  if (first === undefined) return { kind: 'nothing', why: 'no partition of this machine is as it says' };
  const partition = keptPartition(storage, first);
  if (partition === undefined) return { kind: 'unknown', why: `${first.devPath} is on no disk that the machine lists` };
  const filesystem = volume.makes?.filesystem ?? '';
  const where = first.devPath;
  if (found.length > 1) {
    return {
      kind: 'unknown',
      why: `it holds for ${found.map(({ devPath }) => devPath).join(' and ')}, and Talos takes the one that it finds first`,
    };
  }
  if (first.content === 'luks') {
    return volume.encryption === undefined
      ? { kind: 'nothing', why: `${where} is encrypted, and the document says nothing of encryption` }
      : { kind: 'uses', partition };
  }
  if (volume.makes === undefined) {
    return first.content === ''
      ? { kind: 'nothing', why: `${where} matches, but there is no file system on it` }
      : { kind: 'uses', partition };
  }
  if (filesystem === '' || first.content === filesystem) return { kind: 'uses', partition };
  if (first.content === '') return { kind: 'uses', partition, formats: filesystem };
  return { kind: 'nothing', why: `${where} holds ${first.content}, not ${filesystem}; Talos refuses to format it` };
}

function makes(
  { finds }: VolumeDocument,
  { on, minBytes, filesystem }: NonNullable<VolumeDocument['makes']>,
  evaluation: Evaluation,
): VolumeFate {
  const { storage } = evaluation;
  const named = 'device' in on ? diskNamed(storage, on.device) : undefined;
  const candidates = 'device' in on ? (named === undefined ? [] : [named]) : disksMatching(on.selector, evaluation);
  const asked = 'device' in on ? on.device : `\`${on.selector}\``;
  if (candidates.length === 0) return { kind: 'nothing', why: `this machine has no disk ${asked}` };
  const whole = finds.by === 'disk selector';
  const isEphemeral = finds.by === 'label' && finds.label === 'EPHEMERAL';
  for (const disk of candidates) {
    if (whole ? isEmpty(evaluation, disk) : freeBytes(evaluation, disk, isEphemeral) >= minBytes) {
      const made = filesystem === '' ? 'nothing: it is raw' : filesystem;
      return { kind: 'makes', disk: seenDisk(disk), what: whole ? 'whole disk' : 'partition', filesystem: made };
    }
  }
  const disks = candidates.map(({ devPath }) => devPath).join(' or ');
  return { kind: 'nothing', why: `there is no room on ${disks}, and Talos makes none` };
}

/** A machine without Talos has its system disk as soon as the configuration is applied. */
function disksMatching(expression: string, { storage, erased }: Evaluation): StorageDisk[] {
  const matches = diskSelector(expression);
  return storage.disks.filter(({ spec, devPath }) => matches(spec, devPath === (erased ?? storage.systemDisk)));
}

function isEmpty(evaluation: Evaluation, disk: StorageDisk): boolean {
  return contentsOf({ ...evaluation.storage, volumes: remaining(evaluation) }, disk).length === 0;
}

/** At most: in one piece there may be less. EPHEMERAL is made first and takes all of its disk, unless it is limited. */
function freeBytes(evaluation: Evaluation, disk: StorageDisk, isEphemeral: boolean): number {
  const { storage, erased, leavesRoom } = evaluation;
  const isSystemDisk = disk.devPath === (erased ?? storage.systemDisk);
  if (isSystemDisk && !isEphemeral && !leavesRoom) return 0;
  const contents = contentsOf({ ...storage, volumes: remaining(evaluation) }, disk);
  // A file system or something else on the disk itself, without a partition table.
  if (contents.some((one) => one.devPath === disk.devPath && one.content !== 'gpt')) return 0;
  const taken = contents
    .filter((one) => one.parentDevPath === disk.devPath)
    .reduce((sum, one) => sum + one.sizeBytes, 0);
  return disk.sizeBytes - taken - 2 * 1024 ** 2;
}

function diskOf(storage: MachineStorage, { devPath, parentDevPath }: StorageVolume): StorageDisk | undefined {
  return storage.disks.find((disk) => disk.devPath === (parentDevPath || devPath));
}

function keptPartition(storage: MachineStorage, volume: StorageVolume): KeptPartition | undefined {
  const disk = diskOf(storage, volume);
  if (disk === undefined) return undefined;
  const { devPath, label, content, sizeBytes } = volume;
  return { devPath, label, content, sizeBytes, uuid: volume.partitionUuid || volume.uuid, disk: seenDisk(disk) };
}

/**
 * The volumes that are there today and outlive the rebuild: every partition that is not Talos's own, with the name that
 * the running configuration has for it and the document that takes it over. An encrypted one is unreadable afterwards
 * when none of its keys is left.
 */
export function keptVolumes(
  running: readonly VolumeDocument[],
  planned: readonly VolumeDocument[],
  fates: readonly PlannedVolume[],
  evaluation: Evaluation,
): KeptVolume[] {
  const { storage } = evaluation;
  return remaining(evaluation).flatMap((volume): KeptVolume[] => {
    const partition = system.includes(volume.label) || !isVolume(volume) ? undefined : keptPartition(storage, volume);
    if (partition === undefined) return [];
    const today = running.find((one) => locates(one, volume, { ...evaluation, isReset: false }));
    const at0 = fates.findIndex(({ fate }) => fate.kind === 'uses' && fate.partition.devPath === volume.devPath);
    const unreadable = volume.content === 'luks' ? lostKeys(today, planned[at0], storage) : undefined;
    return [
      {
        partition,
        ...(today === undefined ? {} : { name: today.name }),
        ...(at0 < 0 ? {} : { takenOverBy: fates[at0]?.document ?? '' }),
        ...(unreadable === undefined ? {} : { unreadable }),
      },
    ];
  });
}

/** A partition, or a disk with something other than a partition table on it. */
function isVolume({ parentDevPath, content }: StorageVolume): boolean {
  return parentDevPath !== '' || !['', 'gpt', 'dos', 'iso9660'].includes(content);
}

function locates(document: VolumeDocument, volume: StorageVolume, evaluation: Evaluation): boolean {
  try {
    return matchesOf(document, evaluation)[0]?.devPath === volume.devPath;
  } catch (error) {
    if (error instanceof SelectorNotUnderstood) return false;
    throw error;
  }
}

/** Why no key is left, or undefined where one is, or where nothing is known of the keys. */
function lostKeys(
  today: VolumeDocument | undefined,
  afterwards: VolumeDocument | undefined,
  { lockedToState }: MachineStorage,
): string | undefined {
  const keys = today?.encryption?.keys ?? [];
  if (today === undefined || keys.length === 0) return undefined;
  const free = keys.filter((key) => !key.lockedToState);
  if (free.length === 0 || (keys.length === 1 && lockedToState.includes(today.id))) {
    return 'its encryption is locked to STATE, which is wiped';
  }
  const known = afterwards?.encryption?.keys.map(({ material }) => material);
  if (known === undefined || free.some(({ material }) => known.includes(material))) return undefined;
  return 'the new configuration has none of its keys';
}
