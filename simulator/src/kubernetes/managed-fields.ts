import { identityIn } from './list-keys.ts';
import { isFields, sameJson, timestamp, type Fields, type KubernetesObject } from './objects.ts';

/**
 * Which manager has set which field of an object: `metadata.managedFields`. A field is named by its path, a
 * list of steps `f:<field>` and `k:<identity of a list item>`, written as JSON; the path of a list item
 * itself ends with the step `.`.
 */
export interface Manager {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource?: string;
  time: string;
  paths: Set<string>;
}

const unmanaged = new Set([
  'apiVersion',
  'kind',
  ...['name', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields'].map(
    (field) => `metadata.${field}`,
  ),
]);

/** Every field of an object that can have a manager, by path, with its value. */
export function fieldsByPath(object: Fields): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const walk = (value: unknown, path: readonly string[], field: string): void => {
    if (isFields(value) && Object.keys(value).length > 0) {
      for (const [name, inner] of Object.entries(value)) {
        const isUnmanaged =
          path.length === 0 ? unmanaged.has(name) : path.length === 1 && unmanaged.has(`${field}.${name}`);
        if (!isUnmanaged && inner !== undefined) walk(inner, [...path, `f:${name}`], name);
      }
      return;
    }
    const identify = Array.isArray(value) && value.length > 0 ? identityIn(field, value) : undefined;
    if (identify === undefined) {
      found.set(JSON.stringify(path), value);
      return;
    }
    for (const item of (value as unknown[]).filter(isFields)) {
      const itemPath = [...path, `k:${JSON.stringify(identify(item))}`];
      found.set(JSON.stringify([...itemPath, '.']), true);
      walk(item, itemPath, '');
    }
  };
  walk(object, [], '');
  return found;
}

/**
 * The managers after a write that was not an apply: a changed field belongs to the manager that changed it, and a
 * field that is gone to none.
 */
export function managersAfterUpdate(
  before: KubernetesObject | undefined,
  after: KubernetesObject,
  by: { manager: string; subresource: string },
): Manager[] {
  const old = before === undefined ? new Map<string, unknown>() : fieldsByPath(before);
  const now = fieldsByPath(after);
  const changed = [...now]
    .filter(([path, value]) => !old.has(path) || !sameJson(old.get(path), value))
    .map(([path]) => path);
  const managers = before === undefined ? [] : readManagers(before);
  if (changed.length > 0) {
    const isOwn = (one: Manager) =>
      one.operation === 'Update' && one.manager === by.manager && (one.subresource ?? '') === by.subresource;
    let own = managers.find(isOwn);
    if (own === undefined) {
      const { apiVersion } = after;
      own = { manager: by.manager, operation: 'Update', apiVersion, time: timestamp(), paths: new Set() };
      if (by.subresource !== '') own.subresource = by.subresource;
      managers.push(own);
    }
    for (const one of managers) for (const path of changed) one.paths.delete(path);
    for (const path of changed) own.paths.add(path);
    own.time = timestamp();
  }
  for (const one of managers) for (const path of one.paths) if (!now.has(path)) one.paths.delete(path);
  return managers;
}

export function withManagers(object: KubernetesObject, managers: readonly Manager[]): KubernetesObject {
  const managedFields = managers
    .filter(({ paths }) => paths.size > 0)
    .map(({ paths, time, ...rest }) => ({ ...rest, fieldsType: 'FieldsV1', fieldsV1: toFieldsV1(paths), time }));
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

export function readManagers(object: KubernetesObject): Manager[] {
  const entries = object.metadata['managedFields'];
  if (!Array.isArray(entries)) return [];
  return entries.filter(isFields).map((entry) => ({
    manager: String(entry['manager']),
    operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
    apiVersion: String(entry['apiVersion']),
    ...(typeof entry['subresource'] === 'string' ? { subresource: entry['subresource'] } : {}),
    time: String(entry['time']),
    paths: fromFieldsV1(entry['fieldsV1']),
  }));
}

function toFieldsV1(paths: Iterable<string>): Fields {
  const root: Fields = {};
  for (const path of paths) {
    let here = root;
    for (const step of JSON.parse(path) as string[]) here = (here[step] ??= {}) as Fields;
  }
  return root;
}

function fromFieldsV1(fields: unknown): Set<string> {
  const paths = new Set<string>();
  const walk = (value: unknown, path: readonly string[]): void => {
    const entries = isFields(value) ? Object.entries(value) : [];
    if (entries.length === 0 && path.length > 0) paths.add(JSON.stringify(path));
    for (const [step, inner] of entries) walk(inner, [...path, step]);
  };
  walk(fields, []);
  return paths;
}
