import { stringify } from 'yaml';
import type { Boot } from '../boot.ts';
import { encode } from '../talos-api/messages.ts';
import { blockResources } from './block-resources.ts';
import { clusterResources } from './cluster-resources.ts';
import { definitions, namespaces } from './definitions.ts';
import type { Described, Describe } from './described.ts';
import { networkResources } from './network-resources.ts';
import { runtimeResources } from './runtime-resources.ts';

export interface Resource extends Omit<Described, 'spec' | 'yaml' | 'owner'> {
  type: string;
  owner: string;
  yaml: string;
  version: number;
  created: number;
  updated: number;
}

const describers: Record<string, Describe> = {
  ...runtimeResources,
  ...networkResources,
  ...blockResources,
  ...clusterResources,
  'ResourceDefinitions.meta.cosi.dev': describeDefinitions,
  'Namespaces.meta.cosi.dev': () => namespaces.map((id) => ({ namespace: 'meta', id, spec: { description: '' } })),
};

/** Per boot: what each resource looked like when it was last looked at. A change of its content is a new version. */
const seen = new WeakMap<Boot, Map<string, Resource>>();

/** The resources of one type, with versions that grow as their content changes. */
export function resourcesOf(boot: Boot, type: string): Resource[] {
  const describe = describers[type];
  if (describe === undefined) return [];
  const known = seen.get(boot) ?? new Map<string, Resource>();
  seen.set(boot, known);
  const now = boot.machine.world.clock.wallNow();
  return describe(boot).map((described) => {
    const key = `${type}/${described.namespace}/${described.id}`;
    const yaml = described.yaml ?? toYaml(described.spec);
    const old = known.get(key);
    if (old?.yaml === yaml) return old;
    const { spec: _, ...rest } = described;
    const resource: Resource = {
      owner: '',
      ...rest,
      type,
      yaml,
      version: (old?.version ?? 0) + 1,
      created: old?.created ?? now,
      updated: now,
    };
    known.set(key, resource);
    return resource;
  });
}

function toYaml(spec: unknown): string {
  return stringify(spec, { version: '1.1', lineWidth: 0 });
}

let definitionResources: Described[] | undefined;

/** The same on every machine and for ever; every `talosctl get` asks for all of them, so they are made only once. */
function describeDefinitions(): Described[] {
  definitionResources ??= definitions.map(
    ({ type, displayType, namespace, aliases, allAliases, columns, sensitive }) => {
      const spec = {
        type,
        displayType,
        defaultNamespace: namespace,
        aliases,
        allAliases,
        printColumns: columns,
        ...(sensitive ? { sensitivity: 'sensitive' } : {}),
      };
      const proto = encode('ResourceDefinitionSpec', {
        resourceType: type,
        displayType,
        defaultNamespace: namespace,
        aliases,
        allAliases,
        printColumns: columns,
        sensitivity: sensitive ? 1 : 0,
      });
      return { namespace: 'meta', id: type.toLowerCase(), spec, yaml: toYaml(spec), proto };
    },
  );
  return definitionResources;
}
