import { canonical } from '../run/canonical.ts';
import { type ConfigDocument, isRecord, parseConfiguration, textAt } from './config-documents.ts';
import { factsOf } from './config-facts.ts';
import { isSecret } from './secret-fields.ts';

/** One setting of a machine configuration: a value, an entry of a list, or a whole document. */
export interface Setting {
  /** `machine.sysctls.vm.swappiness`, `machine.kubelet.extraMounts[/var/mnt/data]`, `LinkConfig/end0.mtu`. */
  readonly path: string;
  /** Undefined where the value is, or holds, what may be a secret. */
  readonly value: string | undefined;
  /** What a strategic-merge patch has to say for it; absent where that would need a secret. */
  readonly patch?: ConfigDocument;
}

/** A setting of the running configuration that the planned one lacks. */
export interface LackingSetting extends Setting {
  /** What the planned configuration says instead; absent where it says nothing, or nothing that may be shown. */
  readonly instead?: string;
}

/**
 * What a machine's running configuration sets and the planned one does not, by path. Left out is what the rebuild
 * itself decides (secrets and certificates, endpoint, names, versions, install disk, hostname, virtual IP) and what is
 * empty. Lists are compared entry by entry, as Talos appends to them. Pure.
 */
export function lackingSettings(runningYaml: string, plannedYaml: string): LackingSetting[] {
  const running = settingsIn(runningYaml, new Set(documentNames(plannedYaml)));
  const planned = new Map(settingsIn(plannedYaml).map((one) => [one.path, one]));
  const ownName = `cluster.apiServer.certSANs[${hostOf(factsOf(runningYaml).endpoint)}]`; // generated for the old endpoint
  const lacking = running.filter(({ path, text, leafOf }) => planned.get(path)?.text !== text && leafOf !== ownName);
  return [
    ...lackingVips(runningYaml, plannedYaml),
    ...lacking.map(({ path, value, patch, leafOf }): LackingSetting => {
      const instead = value === undefined ? undefined : (planned.get(path)?.value ?? undefined);
      return {
        path: leafOf ?? path,
        value,
        ...(patch === undefined ? {} : { patch }),
        ...(instead === undefined ? {} : { instead }),
      };
    }),
  ];
}

function hostOf(endpoint: string | undefined): string {
  return endpoint === undefined || !URL.canParse(endpoint) ? '' : new URL(endpoint).hostname;
}

/** A virtual IP that goes. One that only changes its form, from `interfaces[].vip` to a document, stays. */
function lackingVips(runningYaml: string, plannedYaml: string): LackingSetting[] {
  const planned = new Set(factsOf(plannedYaml).vips.map(({ address }) => address));
  return factsOf(runningYaml)
    .vips.filter(({ address }) => !planned.has(address))
    .map(({ address, link }) => ({ path: `Layer2VIPConfig/${address}`, value: `on ${link}` }));
}

interface FoundSetting extends Setting {
  /** Equal for equal settings; never shown. */
  readonly text: string;
  readonly leafOf?: string;
}

function documentNames(yaml: string): string[] {
  return parseConfiguration(yaml).map(documentName);
}

function documentName(document: ConfigDocument): string {
  const name = textAt(document, 'name');
  return `${textAt(document, 'kind') ?? ''}${name === undefined ? '' : `/${name}`}`;
}

/** A document that is not among `apart` is one setting, as long as nothing in it is secret. */
function settingsIn(yaml: string, apart?: ReadonlySet<string>): FoundSetting[] {
  return parseConfiguration(yaml).flatMap((document) => {
    const kind = textAt(document, 'kind');
    if (kind === undefined) return settingsOf('', [], document, (value) => value);
    if (decidedKinds.has(kind)) return [];
    const name = textAt(document, 'name');
    const { apiVersion, kind: _, name: __, ...content } = document;
    const head = { apiVersion, kind, ...(name === undefined ? {} : { name }) };
    const prefix = documentName(document);
    const own: FoundSetting = { path: prefix, value: '', text: '', patch: head };
    if (apart?.has(prefix) === false && !holdsSecretAt([], content)) return [{ ...own, patch: document }];
    const values = settingsOf(prefix, [], content, (value) => ({ ...head, ...(value as ConfigDocument) }));
    return values.length === 0 ? [own] : values;
  });
}

/** Which documents the rebuild itself writes. */
const decidedKinds = new Set(['HostnameConfig', 'Layer2VIPConfig']);

/** What cluster.yaml and the set decide, by path; everything below it too. */
const decided = [
  'version',
  'persist',
  'debug',
  'machine.type',
  'machine.token',
  'machine.ca',
  'machine.acceptedCAs',
  'machine.install.disk',
  'machine.install.image',
  'machine.install.wipe',
  'machine.kubelet.image',
  'machine.network.hostname',
  'cluster.id',
  'cluster.secret',
  'cluster.token',
  'cluster.clusterName',
  'cluster.controlPlane.endpoint',
  'cluster.ca',
  'cluster.acceptedCAs',
  'cluster.aggregatorCA',
  'cluster.serviceAccount',
  'cluster.aescbcEncryptionSecret',
  'cluster.secretboxEncryptionSecret',
  'cluster.etcd.ca',
  'cluster.apiServer.image',
  'cluster.controllerManager.image',
  'cluster.scheduler.image',
  'cluster.proxy.image',
];

/** Keys by which Talos merges the entries of a list with those of a patch; all other lists are appended to. */
const mergeKeys: Readonly<Record<string, string>> = {
  'machine.network.interfaces': 'interface',
  'machine.network.interfaces.vlans': 'vlanId',
  'cluster.apiServer.admissionControl': 'name',
};

/** What names an entry of a list to a person. */
const labels = ['name', 'destination', 'device', 'interface', 'path', 'endpoint', 'network', 'mountpoint', 'ip'];

type Wrap = (value: unknown) => unknown;

function settingsOf(prefix: string, keys: readonly string[], value: unknown, wrap: Wrap): FoundSetting[] {
  const path = join(prefix, keys);
  if (prefix === '' && decided.includes(keys.join('.'))) return [];
  if (isEmpty(value)) return [];
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([key, child]) =>
      key === 'vip' && prefix === '' && keys[1] === 'network'
        ? []
        : settingsOf(prefix, [...keys, key], child, (inner) => wrap({ [key]: inner })),
    );
  }
  if (Array.isArray(value)) return value.flatMap((entry) => entrySettings(prefix, keys, entry, wrap));
  return [setting(path, keys, value, wrap)];
}

function entrySettings(prefix: string, keys: readonly string[], entry: unknown, wrap: Wrap): FoundSetting[] {
  const mergeKey = mergeKeys[keys.filter((key) => !key.startsWith('[')).join('.')];
  const named = mergeKey !== undefined && isRecord(entry) ? entry[mergeKey] : undefined;
  if (mergeKey !== undefined && isRecord(entry) && (typeof named === 'string' || typeof named === 'number')) {
    const { [mergeKey]: _, ...rest } = entry;
    return settingsOf(prefix, [...keys, `[${named}]`], rest, (inner) =>
      wrap([{ [mergeKey]: named, ...(inner as object) }]),
    );
  }
  const label = isRecord(entry) ? labels.map((key) => entry[key]).find((one) => typeof one === 'string') : undefined;
  const at = `[${typeof label === 'string' ? label : shortened(entry)}]`;
  // The path names the entry to a person; whether it is there is decided by all of it.
  const found = setting(join(prefix, [...keys, at]), keys, entry, (inner) => wrap([inner]));
  return [{ ...found, path: `${found.path}=${found.text}`, leafOf: found.path }];
}

function setting(path: string, keys: readonly string[], value: unknown, wrap: Wrap): FoundSetting {
  const text = canonical(value);
  const plain = keys.filter((key) => !key.startsWith('['));
  if (holdsSecretAt(plain, value)) return { path, value: undefined, text };
  return { path, value: shortened(value), text, patch: wrap(value) as ConfigDocument };
}

function holdsSecretAt(keys: readonly string[], value: unknown): boolean {
  if (isRecord(value)) return Object.entries(value).some(([key, child]) => holdsSecretAt([...keys, key], child));
  if (Array.isArray(value)) return value.some((child) => holdsSecretAt(keys, child));
  return isSecret(keys, value);
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.values(value).every(isEmpty) && Object.keys(value).length === 0;
}

/** `machine.network.interfaces[end0].mtu`. */
function join(prefix: string, keys: readonly string[]): string {
  return keys.reduce((path, key) => (key.startsWith('[') || path === '' ? `${path}${key}` : `${path}.${key}`), prefix);
}

function shortened(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
