import {
  type ConfigDocument,
  at,
  documentsOfKind,
  isRecord,
  listAt,
  mainDocument,
  parseConfiguration,
  textAt,
} from './config-documents.ts';

/** What a machine configuration says about the things that a rebuild depends on. No secrets. */
export interface ConfigurationFacts {
  readonly machineType?: string;
  readonly hostname?: string;
  readonly clusterName?: string;
  readonly endpoint?: string;
  /** `flannel` where nothing is said. */
  readonly cni: string;
  /** Whether the configuration itself brings manifests, such as a pod network's. */
  readonly hasManifests: boolean;
  readonly vips: readonly ConfiguredVip[];
  readonly links: readonly ConfiguredLink[];
  readonly apiServerSans: readonly string[];
  readonly installDisk?: string;
  readonly installImage?: string;
  /** User, existing and raw volumes and the like, by the name of their document, and old-style `machine.disks`. */
  readonly volumes: readonly { readonly kind: string; readonly name: string }[];
}

export interface ConfiguredVip {
  readonly address: string;
  readonly link: string;
  /** Old form: `machine.network.interfaces[].vip`. */
  readonly form: 'document' | 'interface';
}

/** A link that the configuration speaks of. One whose addresses come from here loses them with a wipe of STATE. */
export interface ConfiguredLink {
  /** Empty where the link is chosen by a selector. */
  readonly name: string;
  readonly kind: 'plain' | 'vlan' | 'bond' | 'bridge' | 'other';
  /** In CIDR form. */
  readonly addresses: readonly string[];
  /** Undefined: left to Talos's default. */
  readonly dhcp?: boolean;
}

const linkKinds: Readonly<Record<string, ConfiguredLink['kind']>> = {
  LinkConfig: 'plain',
  VLANConfig: 'vlan',
  BondConfig: 'bond',
  BridgeConfig: 'bridge',
  DummyLinkConfig: 'other',
  VRFConfig: 'other',
  WireguardConfig: 'other',
};

const volumeKinds = ['UserVolumeConfig', 'ExistingVolumeConfig', 'RawVolumeConfig', 'SwapVolumeConfig', 'VolumeConfig'];

/** Reads a machine configuration, in the old and the new forms of Talos 1.8 to 1.13. */
export function factsOf(configurationYaml: string): ConfigurationFacts {
  const documents = parseConfiguration(configurationYaml);
  const main = mainDocument(documents);
  const hostname =
    textAt(documentsOfKind(documents, 'HostnameConfig')[0], 'hostname') ??
    textAt(main, 'machine', 'network', 'hostname');
  return {
    ...defined('machineType', textAt(main, 'machine', 'type')),
    ...defined('hostname', hostname),
    ...defined('clusterName', textAt(main, 'cluster', 'clusterName')),
    ...defined('endpoint', textAt(main, 'cluster', 'controlPlane', 'endpoint')),
    cni: textAt(main, 'cluster', 'network', 'cni', 'name') ?? 'flannel',
    hasManifests:
      listAt(main, 'cluster', 'inlineManifests').length + listAt(main, 'cluster', 'extraManifests').length > 0,
    vips: [...vipDocuments(documents), ...interfaces(main).flatMap(vipsOfInterface)],
    links: [...linkDocuments(documents), ...interfaces(main).flatMap(linksOfInterface)],
    apiServerSans: listAt(main, 'cluster', 'apiServer', 'certSANs').map(String),
    ...defined('installDisk', textAt(main, 'machine', 'install', 'disk')),
    ...defined('installImage', textAt(main, 'machine', 'install', 'image')),
    volumes: [
      ...documents
        .filter((document) => volumeKinds.includes(String(document['kind'])))
        .map((document) => ({ kind: String(document['kind']), name: String(document['name']) })),
      ...listAt(main, 'machine', 'disks').map((disk) => ({
        kind: 'machine.disks',
        name: textAt(disk, 'device') ?? '',
      })),
    ],
  };
}

function vipDocuments(documents: readonly ConfigDocument[]): ConfiguredVip[] {
  return documentsOfKind(documents, 'Layer2VIPConfig').map((document) => ({
    address: String(document['name']),
    link: String(document['link']),
    form: 'document',
  }));
}

function linkDocuments(documents: readonly ConfigDocument[]): ConfiguredLink[] {
  const withDhcp = new Set(
    [...documentsOfKind(documents, 'DHCPv4Config'), ...documentsOfKind(documents, 'DHCPv6Config')].map((document) =>
      String(document['name']),
    ),
  );
  const links = documents.flatMap((document): ConfiguredLink[] => {
    const kind = linkKinds[String(document['kind'])];
    if (kind === undefined) return [];
    const name = String(document['name']);
    const addresses = listAt(document, 'addresses').map((address) => textAt(address, 'address') ?? '');
    // Any link document switches the default DHCP off on all links.
    return [{ name, kind, addresses, dhcp: withDhcp.has(name) }];
  });
  const named = new Set(links.map((link) => link.name));
  const dhcpAlone = [...withDhcp].filter((name) => !named.has(name));
  return [...links, ...dhcpAlone.map((name) => ({ name, kind: 'plain' as const, addresses: [], dhcp: true }))];
}

function interfaces(main: ConfigDocument): Record<string, unknown>[] {
  return listAt(main, 'machine', 'network', 'interfaces').filter(isRecord);
}

function vipsOfInterface(entry: Record<string, unknown>): ConfiguredVip[] {
  const name = textAt(entry, 'interface') ?? '';
  const vip = (from: unknown, link: string): ConfiguredVip[] => {
    const address = textAt(from, 'vip', 'ip');
    return address === undefined ? [] : [{ address, link, form: 'interface' }];
  };
  return [...vip(entry, name), ...vlans(entry).flatMap((vlan) => vip(vlan, vlanName(name, vlan)))];
}

function linksOfInterface(entry: Record<string, unknown>): ConfiguredLink[] {
  const name = textAt(entry, 'interface') ?? '';
  const kind = at(entry, 'bond') !== undefined ? 'bond' : at(entry, 'bridge') !== undefined ? 'bridge' : 'plain';
  return [linkOf(entry, name, kind), ...vlans(entry).map((vlan) => linkOf(vlan, vlanName(name, vlan), 'vlan'))];
}

/** An entry without `dhcp: true` has none, even where it says nothing about addresses. */
function linkOf(entry: Record<string, unknown>, name: string, kind: ConfiguredLink['kind']): ConfiguredLink {
  const single = textAt(entry, 'cidr');
  const addresses = [...listAt(entry, 'addresses').map(String), ...(single === undefined ? [] : [single])];
  return { name, kind, addresses, dhcp: at(entry, 'dhcp') === true };
}

function vlans(entry: Record<string, unknown>): Record<string, unknown>[] {
  return listAt(entry, 'vlans').filter(isRecord);
}

function vlanName(parent: string, vlan: Record<string, unknown>): string {
  return `${parent}.${String(at(vlan, 'vlanId'))}`;
}

function defined<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { readonly [P in K]?: string });
}
