import type { NodeRole } from '../run/cluster-definition.ts';
import type { DiskIdentity, MachineIdentity } from '../run/machine-identity.ts';
import type { Access, CallOptions } from './access.ts';
import { at, listAt, textAt } from './config-documents.ts';
import { diskIdentity, identityOf, isPhysical } from './hardware.ts';
import { machineTypeOf } from './machine-type.ts';
import { readResources } from './read-resources.ts';
import type { Resource } from './resources.ts';

/** What preflight and evidence want to know about a machine, in one look. No secrets. */
export interface NodeFacts {
  readonly identity: MachineIdentity;
  /** With a leading v. */
  readonly talosVersion?: string;
  /** Absent in maintenance mode. */
  readonly machineType?: NodeRole;
  readonly hostname?: string;
  /** `maintenance`, `booting`, `running` …, as Talos names it. */
  readonly stage: string;
  readonly unmetConditions: readonly { readonly name: string; readonly reason: string }[];
  readonly links: readonly NodeLink[];
  readonly addresses: readonly NodeAddress[];
  readonly disks: readonly NodeDisk[];
  readonly discoveredVolumes: readonly DiscoveredVolume[];
  readonly volumes: readonly VolumeState[];
  /** Talos's own warnings about the machine. */
  readonly diagnostics: readonly string[];
}

export interface NodeLink {
  readonly name: string;
  /** Its alias and altNames, which a configuration may use as well. */
  readonly otherNames: readonly string[];
  readonly physical: boolean;
  /** `bond`, `vlan`, `bridge` …; empty for physical links. */
  readonly kind: string;
  readonly up: boolean;
  readonly hardwareAddress: string;
}

export interface NodeAddress {
  /** With its prefix: `192.168.1.12/24`. */
  readonly cidr: string;
  readonly link: string;
  readonly scope: string;
  /**
   * Where it comes from: `operator` is DHCP, or the VIP with prefix 32; `configuration` is lost with a wipe of STATE;
   * `platform` and `cmdline` stay. Undefined where it is not known, for example an address that the kernel made.
   */
  readonly origin?: AddressOrigin;
}

export type AddressOrigin = 'default' | 'cmdline' | 'platform' | 'operator' | 'configuration';

export interface NodeDisk extends DiskIdentity {
  /** `mmc`, `usb`, `nvme` … */
  readonly transport: string;
  readonly readonly: boolean;
}

export interface DiscoveredVolume {
  /** `mmcblk0p5`. */
  readonly id: string;
  /** The disk it is on, for partitions. */
  readonly parent: string;
  /** EFI, META, STATE, EPHEMERAL, `u-…`; empty for a whole disk. */
  readonly partitionLabel: string;
  /** File system or partition table. */
  readonly content: string;
  readonly sizeBytes: number;
}

export interface VolumeState {
  readonly id: string;
  readonly phase: string;
  readonly location: string;
  readonly errorMessage: string;
}

const types = [
  'addresses',
  'addressspecs',
  'diagnostics',
  'discoveredvolumes',
  'disks',
  'hostname',
  'links',
  'machinestatus',
  'machinetype',
  'systemdisk',
  'systeminformation',
  'version',
  'volumestatus',
] as const;

/**
 * Reads a machine's facts over one connection, in maintenance mode or configured. A kind that its
 * version lacks is left empty.
 */
export async function readNodeFacts(access: Access, options: CallOptions = {}): Promise<NodeFacts> {
  const read = await readResources(access, types, options);
  const { links, disks, systeminformation: systemInformation, systemdisk: systemDisk } = read;
  const status = read.machinestatus[0]?.spec;
  const talosVersion = textAt(read.version[0]?.spec, 'version');
  const machineType = machineTypeOf(read.machinetype);
  const hostname = textAt(read.hostname[0]?.spec, 'hostname');
  return {
    identity: identityOf({ links, disks, systemInformation, systemDisk }),
    ...(talosVersion === undefined ? {} : { talosVersion }),
    ...(machineType === undefined ? {} : { machineType }),
    ...(hostname === undefined ? {} : { hostname }),
    stage: textAt(status, 'stage') ?? 'unknown',
    unmetConditions: listAt(status, 'status', 'unmetConditions').map((condition) => ({
      name: textAt(condition, 'name') ?? '',
      reason: textAt(condition, 'reason') ?? '',
    })),
    links: links.map(linkOf),
    addresses: read.addresses.map((address) => addressOf(address, read.addressspecs)),
    disks: disks.map((disk) => ({
      ...diskIdentity(disk),
      transport: textAt(disk.spec, 'transport') ?? '',
      readonly: at(disk.spec, 'readonly') === true,
    })),
    discoveredVolumes: read.discoveredvolumes.map(discoveredVolumeOf),
    volumes: read.volumestatus.map(volumeOf),
    diagnostics: read.diagnostics.map(diagnosticOf),
  };
}

function linkOf({ id, spec }: Resource): NodeLink {
  const alias = textAt(spec, 'alias');
  return {
    name: id,
    otherNames: [...(alias === undefined ? [] : [alias]), ...listAt(spec, 'altNames').map(String)],
    physical: isPhysical({ id, spec }),
    kind: textAt(spec, 'kind') ?? '',
    up: at(spec, 'linkState') === true,
    hardwareAddress: (textAt(spec, 'hardwareAddr') ?? '').toLowerCase(),
  };
}

const origins: readonly string[] = [
  'default',
  'cmdline',
  'platform',
  'operator',
  'configuration',
] satisfies AddressOrigin[];

/** The status says which addresses there are, the spec of the same address on the same link where it comes from. */
function addressOf({ spec }: Resource, specs: readonly Resource[]): NodeAddress {
  const cidr = textAt(spec, 'address') ?? '';
  const link = textAt(spec, 'linkName') ?? '';
  const wanted = specs.find((one) => textAt(one.spec, 'address') === cidr && textAt(one.spec, 'linkName') === link);
  const layer = textAt(wanted?.spec, 'layer');
  return {
    cidr,
    link,
    scope: textAt(spec, 'scope') ?? '',
    ...(layer !== undefined && origins.includes(layer) ? { origin: layer as AddressOrigin } : {}),
  };
}

function discoveredVolumeOf({ id, spec }: Resource): DiscoveredVolume {
  return {
    id,
    parent: textAt(spec, 'parent') ?? '',
    partitionLabel: textAt(spec, 'partition_label') ?? '',
    content: textAt(spec, 'name') ?? '',
    sizeBytes: Number(at(spec, 'size') ?? 0),
  };
}

function volumeOf({ id, spec }: Resource): VolumeState {
  return {
    id,
    phase: textAt(spec, 'phase') ?? '',
    location: textAt(spec, 'location') ?? '',
    errorMessage: textAt(spec, 'errorMessage') ?? '',
  };
}

function diagnosticOf({ id, spec }: Resource): string {
  return [textAt(spec, 'message') ?? id, ...listAt(spec, 'details').map(String)].join(': ');
}
