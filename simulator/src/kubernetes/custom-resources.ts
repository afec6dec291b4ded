import { isFields, listAt, textAt, timestamp, valueAt, type Fields, type KubernetesObject } from './objects.ts';
import type { ResourceKind } from './resource-kind.ts';

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

/** The kinds that an established CustomResourceDefinition adds, one for each served version. */
export function customResourceKinds(definition: KubernetesObject): ResourceKind[] {
  if (!isEstablished(definition)) return [];
  const names = valueAt(definition, 'spec', 'names');
  return listAt(definition, 'spec', 'versions')
    .filter((version) => version['served'] === true)
    .map((version) => {
      const subresources = isFields(version['subresources']) ? version['subresources'] : {};
      return {
        group: textAt(definition, 'spec', 'group'),
        version: textAt(version, 'name'),
        resource: textAt(names, 'plural'),
        singular: textAt(names, 'singular') || textAt(names, 'kind').toLowerCase(),
        kind: textAt(names, 'kind'),
        isCustom: true,
        namespaced: textAt(definition, 'spec', 'scope') === 'Namespaced',
        shortNames: texts(valueAt(names, 'shortNames')),
        categories: texts(valueAt(names, 'categories')),
        subresources: (['status', 'scale'] as const).filter((name) => name in subresources),
      };
    });
}

export function isEstablished(definition: KubernetesObject): boolean {
  return listAt(definition, 'status', 'conditions').some(
    (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
  );
}

/** The status that the API server's own controllers give a definition once its names are accepted. */
export function establishedStatus(definition: KubernetesObject): Fields {
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    lastTransitionTime: timestamp(),
    reason,
    message,
  });
  return {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: valueAt(definition, 'spec', 'names'),
    storedVersions: listAt(definition, 'spec', 'versions')
      .filter((version) => version['storage'] === true)
      .map((version) => textAt(version, 'name')),
  };
}
