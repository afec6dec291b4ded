import { type ConfigDocument, at, isRecord, listAt, mainDocument, textAt } from './config-documents.ts';

/** A volume that a machine configuration speaks of, and how Talos finds or makes it (1.13, `controllers/block`). */
export interface VolumeDocument {
  /** `ExistingVolumeConfig usb-storage`, `machine.disks /dev/sda partition 1`. */
  readonly document: string;
  /** As `volumestatus` names it: `u-data`, `e-usb-storage`, `/dev/sda-1`. */
  readonly id: string;
  readonly name: string;
  /** Where it is mounted; absent where it is not, or not by Talos. */
  readonly mount?: string;
  readonly finds: VolumeLocator;
  /** What is made where nothing is found; absent where nothing ever is. */
  readonly makes?: VolumeProvisioning;
  /** How its keys are kept; absent without encryption. */
  readonly encryption?: VolumeEncryption;
}

export type VolumeLocator =
  | { readonly by: 'label'; readonly label: string }
  /** Any volume for which the expression holds; the first that Talos comes upon. */
  | { readonly by: 'volume selector'; readonly match: string }
  | { readonly by: 'disk selector'; readonly match: string }
  /** The old form: by its place on the disk. */
  | { readonly by: 'position'; readonly device: string; readonly index: number }
  | { readonly by: 'directory' };

export interface VolumeProvisioning {
  readonly on: { readonly selector: string } | { readonly device: string };
  readonly minBytes: number;
  readonly filesystem: string;
}

export interface VolumeEncryption {
  /** One entry a key: what unlocks it besides STATE, comparable but not for showing. */
  readonly keys: readonly { readonly lockedToState: boolean; readonly material: string }[];
}

/** `MinUserVolumeSize` of Talos. */
const defaultMinBytes = 100 * 1024 ** 2;

/**
 * All volumes of a configuration beside Talos's own; of those only EPHEMERAL, where the configuration puts
 * it on a disk of its choice.
 */
export function volumesIn(documents: readonly ConfigDocument[]): VolumeDocument[] {
  return [...documents.flatMap(volumeOf), ...listAt(mainDocument(documents), 'machine', 'disks').flatMap(userDisk)];
}

/** Whether EPHEMERAL leaves room on its disk: without a limit it takes all that is free. */
export function leavesRoom(documents: readonly ConfigDocument[]): boolean {
  const ephemeral = documents.find((one) => one['kind'] === 'VolumeConfig' && one['name'] === 'EPHEMERAL');
  return at(ephemeral, 'provisioning', 'maxSize') !== undefined || at(ephemeral, 'provisioning', 'grow') === false;
}

function volumeOf(document: ConfigDocument): VolumeDocument[] {
  const name = String(document['name']);
  const common = { document: `${String(document['kind'])} ${name}`, name, ...encryptionOf(document) };
  switch (document['kind']) {
    case 'UserVolumeConfig':
      return [{ ...common, id: `u-${name}`, mount: `/var/mnt/${name}`, ...userVolume(document, `u-${name}`) }];
    case 'RawVolumeConfig':
      return [{ ...common, id: `r-${name}`, ...labelled(document, `r-${name}`, '') }];
    case 'SwapVolumeConfig':
      return [{ ...common, id: `s-${name}`, ...labelled(document, `s-${name}`, 'swap') }];
    case 'ExistingVolumeConfig': {
      const match = textAt(document, 'discovery', 'volumeSelector', 'match') ?? 'false';
      return [{ ...common, id: `e-${name}`, mount: `/var/mnt/${name}`, finds: { by: 'volume selector', match } }];
    }
    case 'VolumeConfig': {
      if (name !== 'EPHEMERAL' || at(document, 'provisioning', 'diskSelector') === undefined) return [];
      return [{ ...common, id: name, mount: '/var', ...labelled(document, name, 'xfs') }];
    }
    default:
      return [];
  }
}

function userVolume(document: ConfigDocument, label: string): Pick<VolumeDocument, 'finds' | 'makes'> {
  const filesystem = textAt(document, 'filesystem', 'type') ?? 'xfs';
  switch (textAt(document, 'volumeType') ?? 'partition') {
    case 'directory':
      return { finds: { by: 'directory' } };
    case 'disk': {
      const match = selectorOf(document);
      return { finds: { by: 'disk selector', match }, makes: { on: { selector: match }, minBytes: 0, filesystem } };
    }
    default:
      return labelled(document, label, filesystem);
  }
}

function labelled(
  document: ConfigDocument,
  label: string,
  filesystem: string,
): Pick<VolumeDocument, 'finds' | 'makes'> {
  const minBytes = bytesOf(at(document, 'provisioning', 'minSize')) ?? defaultMinBytes;
  return { finds: { by: 'label', label }, makes: { on: { selector: selectorOf(document) }, minBytes, filesystem } };
}

function selectorOf(document: ConfigDocument): string {
  return textAt(document, 'provisioning', 'diskSelector', 'match') ?? 'false';
}

/** `machine.disks`: each partition is known by its place on the disk, and one that is there is used again. */
function userDisk(disk: unknown): VolumeDocument[] {
  const device = textAt(disk, 'device') ?? '';
  return listAt(disk, 'partitions').map((partition, at0) => {
    const mount = textAt(partition, 'mountpoint');
    return {
      document: `machine.disks ${device} partition ${at0 + 1}`,
      id: `${device}-${at0 + 1}`,
      name: `${device} partition ${at0 + 1}`,
      ...(mount === undefined ? {} : { mount }),
      finds: { by: 'position', device, index: at0 + 1 },
      makes: { on: { device }, minBytes: bytesOf(at(partition, 'size')) ?? 0, filesystem: 'xfs' },
    };
  });
}

function encryptionOf(document: ConfigDocument): { readonly encryption?: VolumeEncryption } {
  const keys = listAt(document, 'encryption', 'keys').filter(isRecord);
  if (keys.length === 0) return {};
  return {
    encryption: {
      keys: keys.map(({ slot: _, lockToState, ...material }) => ({
        lockedToState: lockToState === true,
        material: JSON.stringify(material),
      })),
    },
  };
}

const powers = 'KMGTP';

/** `100GiB`, `50GB` or a number of bytes. Shares of the disk (`80%`) are not known here. */
function bytesOf(size: unknown): number | undefined {
  if (typeof size === 'number') return size;
  const [, amount, unit = ''] =
    /^([\d.]+)\s*([KMGTP]i?B?|B)?$/i.exec(typeof size === 'string' ? size.trim() : '') ?? [];
  if (amount === undefined) return undefined;
  const power = unit === '' ? 0 : powers.indexOf(unit[0]?.toUpperCase() ?? '') + 1;
  return Math.round(Number(amount) * (/i/i.test(unit.slice(1)) ? 1024 : 1000) ** power);
}
