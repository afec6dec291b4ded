import { createHash } from 'node:crypto';
import { parseAllDocuments } from 'yaml';
import type { KeyPair } from './certificates.ts';

export type Fields = Record<string, unknown>;

export interface VirtualIp {
  address: string;
  link: string;
}

export type VolumeDocument =
  | {
      id: string;
      name: string;
      match: string;
      kind: 'user';
      volumeType: 'partition' | 'disk' | 'directory';
      minSizeBytes: number;
    }
  | { id: string; name: string; match: string; kind: 'existing' };

/** A machine configuration, reduced to what a machine acts upon. */
export interface MachineConfiguration {
  /** The text as it was applied. */
  text: string;
  digest: string;
  /** False without a v1alpha1 document: then a machine in maintenance mode stays there. */
  complete: boolean;
  type: 'controlplane' | 'worker';
  machineCa: { certificate: string; key: string | undefined };
  machineCertSans: string[];
  installDisk: string | undefined;
  hasInstallDiskSelector: boolean;
  hostname: string | undefined;
  virtualIps: VirtualIp[];
  volumes: VolumeDocument[];
  /** `machine.disks`: by device path, how many partitions each. */
  disks: { device: string; mountpoints: string[] }[];
  kubernetesVersion: string;
  nodeLabels: Record<string, string>;
  cluster: {
    id: string;
    name: string;
    /** The endpoint's URL, host and port. */
    endpoint: string;
    endpointHost: string;
    dnsDomain: string;
    ca: KeyPair;
    /** Certificate of etcd's CA; empty on a worker. */
    etcdCa: string;
    apiServerCertSans: string[];
    /** `flannel` unless said otherwise. */
    cni: string;
    discoveryEnabled: boolean;
  };
  /** The v1alpha1 document as it was parsed. */
  root: Fields;
  documents: Fields[];
}

/** A configuration that a machine refuses: the text is Talos's answer. */
export class InvalidConfiguration extends Error {}

/** Reads a machine configuration. Throws {@link InvalidConfiguration}. */
export function parseMachineConfiguration(text: string): MachineConfiguration {
  const documents = parseDocuments(text);
  const root = documents.find((one) => one['kind'] === undefined);
  const others = documents.filter((one) => one['kind'] !== undefined);
  for (const document of others) assertKnownKind(document);
  if (root !== undefined) assertKnownKeys(root);
  const machine = fields(root?.['machine']);
  const cluster = fields(root?.['cluster']);
  const endpoint = textOf(fields(cluster['controlPlane'])['endpoint']);
  const version = /:v?([\d.]+[^:]*)$/.exec(textOf(fields(machine['kubelet'])['image']))?.[1];
  return {
    text,
    digest: createHash('sha256').update(text).digest('hex'),
    complete: root !== undefined && root['machine'] !== undefined && root['cluster'] !== undefined,
    type: textOf(machine['type']) === 'worker' ? 'worker' : 'controlplane',
    machineCa: {
      certificate: decoded(fields(machine['ca'])['crt']),
      key: decoded(fields(machine['ca'])['key']) || undefined,
    },
    machineCertSans: list(machine['certSANs']).map(textOf),
    installDisk: textOf(fields(machine['install'])['disk']) || undefined,
    hasInstallDiskSelector: fields(machine['install'])['diskSelector'] !== undefined,
    hostname: hostnameOf(machine, others),
    virtualIps: virtualIpsOf(machine, others),
    volumes: others.flatMap(volumeOf),
    disks: list(machine['disks']).map((disk) => ({
      device: textOf(fields(disk)['device']),
      mountpoints: list(fields(disk)['partitions']).map((one) => textOf(fields(one)['mountpoint'])),
    })),
    kubernetesVersion: `v${version ?? '1.36.0'}`,
    nodeLabels: Object.fromEntries(
      Object.entries(fields(machine['nodeLabels'])).map(([key, value]) => [key, textOf(value)]),
    ),
    cluster: {
      id: textOf(cluster['id']),
      name: textOf(cluster['clusterName']),
      endpoint,
      endpointHost: hostOf(endpoint),
      dnsDomain: textOf(fields(cluster['network'])['dnsDomain']) || 'cluster.local',
      ca: { certificate: decoded(fields(cluster['ca'])['crt']), key: decoded(fields(cluster['ca'])['key']) },
      etcdCa: decoded(fields(fields(cluster['etcd'])['ca'])['crt']),
      apiServerCertSans: list(fields(cluster['apiServer'])['certSANs']).map(textOf),
      cni: textOf(fields(fields(cluster['network'])['cni'])['name']) || 'flannel',
      discoveryEnabled: fields(cluster['discovery'])['enabled'] === true,
    },
    root: root ?? {},
    documents: others,
  };
}

const knownKinds = new Set(
  [
    'HostnameConfig Layer2VIPConfig LinkConfig LinkAliasConfig DHCPv4Config DHCPv6Config VLANConfig BondConfig BridgeConfig DummyLinkConfig',
    'WireguardConfig ResolverConfig StaticHostConfig TimeSyncConfig NetworkDefaultActionConfig NetworkRuleConfig EthernetConfig HCloudVIPConfig',
    'KubeSpanEndpointsConfig KubespanEndpointsConfig RoutingRuleConfig BlackholeRouteConfig TCPProbeConfig VRFConfig',
    'UserVolumeConfig ExistingVolumeConfig RawVolumeConfig VolumeConfig SwapVolumeConfig ZswapConfig',
    'KmsgLogConfig EventSinkConfig WatchdogTimerConfig ExtensionServiceConfig PCIDriverRebindConfig OOMConfig EnvironmentConfig',
    'TrustedRootsConfig SideroLinkConfig RegistryMirrorConfig RegistryAuthConfig RegistryTLSConfig ImageVerificationConfig',
  ].flatMap((line) => line.split(' ')),
);

function parseDocuments(text: string): Fields[] {
  return parseAllDocuments(text)
    .filter((document) => document.contents !== null)
    .map((document) => {
      const [error] = document.errors;
      if (error !== undefined)
        throw new InvalidConfiguration(`error decoding document: yaml: ${error.message.split('\n')[0]}`);
      const value: unknown = document.toJS();
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new InvalidConfiguration('error decoding document: expected map node');
      }
      return value as Fields;
    });
}

function assertKnownKind(document: Fields): void {
  const kind = textOf(document['kind']);
  if (!knownKinds.has(kind)) {
    throw new InvalidConfiguration(
      `error decoding document /${textOf(document['apiVersion'])}/${kind}: "${kind}" "${textOf(document['apiVersion'])}": not registered`,
    );
  }
}

function assertKnownKeys(root: Fields): void {
  const unknown = Object.keys(root).filter(
    (key) => !['version', 'debug', 'persist', 'machine', 'cluster'].includes(key),
  );
  if (unknown.length > 0) {
    throw new InvalidConfiguration(
      `unknown keys found during decoding:\n${unknown.map((key) => `${key}: ${JSON.stringify(root[key])}`).join('\n')}\n`,
    );
  }
}

function hostnameOf(machine: Fields, documents: Fields[]): string | undefined {
  const document = documents.find((one) => one['kind'] === 'HostnameConfig');
  return textOf(document?.['hostname']) || textOf(fields(machine['network'])['hostname']) || undefined;
}

function virtualIpsOf(machine: Fields, documents: Fields[]): VirtualIp[] {
  const old = list(fields(machine['network'])['interfaces']).flatMap((item) => {
    const address = textOf(fields(fields(item)['vip'])['ip']);
    return address === '' ? [] : [{ address, link: textOf(fields(item)['interface']) }];
  });
  const current = documents
    .filter((one) => one['kind'] === 'Layer2VIPConfig')
    .map((one) => ({ address: textOf(one['name']), link: textOf(one['link']) }));
  return [...old, ...current];
}

function volumeOf(document: Fields): VolumeDocument[] {
  const name = textOf(document['name']);
  switch (document['kind']) {
    case 'UserVolumeConfig': {
      const provisioning = fields(document['provisioning']);
      const type = textOf(document['volumeType']);
      return [
        {
          id: `u-${name}`,
          name,
          kind: 'user',
          match: textOf(fields(provisioning['diskSelector'])['match']),
          volumeType: type === 'disk' || type === 'directory' ? type : 'partition',
          minSizeBytes: sizeOf(textOf(provisioning['minSize'])),
        },
      ];
    }
    case 'ExistingVolumeConfig':
      return [
        {
          id: `e-${name}`,
          name,
          kind: 'existing',
          match: textOf(fields(fields(document['discovery'])['volumeSelector'])['match']),
        },
      ];
    default:
      return [];
  }
}

function sizeOf(text: string): number {
  const [, amount, unit] = /^([\d.]+)\s*([KMGT]i?B)?$/.exec(text) ?? [];
  if (amount === undefined) return 0;
  const power = 'KMGT'.indexOf(unit?.[0] ?? '') + 1;
  return Number(amount) * (unit?.includes('i') === true ? 1024 : 1000) ** power;
}

function hostOf(endpoint: string): string {
  try {
    return new URL(endpoint).hostname;
  } catch {
    return '';
  }
}

/** A mapping, empty when the value is none. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function decoded(value: unknown): string {
  return Buffer.from(textOf(value), 'base64').toString('utf8');
}
