import { listAt, textAt, type Fields, type KubernetesObject } from './objects.ts';
import { columnsOf, type Column } from './table-columns.ts';
import { customColumns } from './custom-columns.ts';
import type { ResourceKind } from './resource-kind.ts';

/** The columns that `kubectl get` shows for a kind; those of a CustomResourceDefinition if it is one of its kinds. */
export function columnsFor(kind: ResourceKind, definitions: readonly KubernetesObject[]): Column[] {
  const definition = definitions.find(
    (one) => textAt(one, 'spec', 'group') === kind.group && textAt(one, 'spec', 'names', 'plural') === kind.resource,
  );
  const version = listAt(definition, 'spec', 'versions').find((one) => one['name'] === kind.version);
  return version === undefined ? columnsOf(kind) : customColumns(listAt(version, 'additionalPrinterColumns'));
}

/** Objects as the table that kubectl prints: cells, and of each object what a row needs to be acted on. */
export function tableOf(
  objects: readonly KubernetesObject[],
  columns: readonly Column[],
  { version, includeObject }: { version: number; includeObject: string | null },
): Fields {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: String(version) },
    columnDefinitions: columns.map(({ name, type, priority }) => ({
      name,
      type: type ?? 'string',
      format: name === 'Name' ? 'name' : '',
      description: name,
      priority: priority ?? 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object)),
      ...(includeObject === 'None' ? {} : { object: includeObject === 'Object' ? object : partialObject(object) }),
    })),
  };
}

/** An object's metadata alone. */
export function partialObject({ metadata }: KubernetesObject): Fields {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}
