import { stringify } from 'yaml';
import type { AnswerForm } from './negotiation.ts';
import type { Fields, KubernetesObject } from './objects.ts';
import type { ResourceKind } from './resource-kind.ts';
import { groupVersionOf } from './resources.ts';
import type { KubernetesStore } from './store.ts';
import { columnsFor, partialObject, tableOf } from './tables.ts';

/** How objects of one kind go out to one client: in the version of the path and in the form that it asked for. */
export interface Representation {
  one: (object: KubernetesObject) => Fields;
  list: (objects: readonly KubernetesObject[]) => Fields;
}

export function representationOf(
  store: KubernetesStore,
  kind: ResourceKind,
  form: AnswerForm,
  includeObject: string | null,
): Representation {
  const definitions = store.list('apiextensions.k8s.io', 'customresourcedefinitions');
  const inVersion = (object: KubernetesObject): KubernetesObject => ({
    ...object,
    apiVersion: groupVersionOf(kind),
    kind: kind.kind,
  });
  const metadata = () => ({ resourceVersion: String(store.version) });

  if (form === 'table') {
    const columns = columnsFor(kind, definitions);
    const table = (objects: readonly KubernetesObject[], version: number) =>
      tableOf(objects.map(inVersion), columns, { version, includeObject });
    return {
      one: (object) => table([object], Number(object.metadata.resourceVersion)),
      list: (objects) => table(objects, store.version),
    };
  }
  if (form === 'metadata' || form === 'metadata list') {
    const items = (objects: readonly KubernetesObject[]) => objects.map(partialObject);
    return {
      one: partialObject,
      list: (objects) => ({
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata: metadata(),
        items: items(objects),
      }),
    };
  }
  return {
    one: inVersion,
    list: (objects) => ({
      kind: `${kind.kind}List`,
      apiVersion: groupVersionOf(kind),
      metadata: metadata(),
      items: objects.map((object) => (kind.isCustom ? inVersion(object) : withoutType(object))),
    }),
  };
}

/** Items of built-in lists go out without kind and version, as a kube-apiserver sends them. */
function withoutType({ apiVersion: _, kind: __, ...rest }: KubernetesObject): Fields {
  return rest;
}

export function encode(value: unknown, form: AnswerForm): { contentType: string; body: string } {
  if (form === 'yaml') return { contentType: 'application/yaml', body: stringify(value) };
  const parameters = form.startsWith('discovery list')
    ? `;g=apidiscovery.k8s.io;v=${form.split(' ').at(-1)};as=APIGroupDiscoveryList`
    : '';
  return { contentType: `application/json${parameters}`, body: `${JSON.stringify(value)}\n` };
}
