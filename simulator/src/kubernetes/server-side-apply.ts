import { identityIn, indexOfSame } from './list-keys.ts';
import { fieldsByPath, readManagers, withManagers, type Manager } from './managed-fields.ts';
import { isFields, sameJson, timestamp, type Fields, type KubernetesObject } from './objects.ts';
import { StatusError } from './status.ts';

export interface AppliedBy {
  manager: string;
  /** Take fields from other managers instead of refusing. */
  force: boolean;
  subresource: string;
}

/**
 * Server-side apply: the live object with the applied fields set, and with the fields gone that this manager applied
 * before and no longer does. Throws 409 for fields that another manager has set otherwise, unless forced.
 */
export function applyObject(
  live: KubernetesObject | undefined,
  applied: KubernetesObject,
  by: AppliedBy,
): KubernetesObject {
  const isOwn = (one: Manager) =>
    one.operation === 'Apply' && one.manager === by.manager && (one.subresource ?? '') === by.subresource;
  const managers = live === undefined ? [] : readManagers(live);
  const others = managers.filter((one) => !isOwn(one));
  const before = managers.find(isOwn);

  const appliedFields = fieldsByPath(applied);
  const liveFields = live === undefined ? new Map<string, unknown>() : fieldsByPath(live);
  const differs = (path: string) => liveFields.has(path) && !sameJson(liveFields.get(path), appliedFields.get(path));
  const conflicts = others.flatMap((manager) =>
    [...manager.paths].filter((path) => appliedFields.has(path) && differs(path)).map((path) => ({ manager, path })),
  );
  if (conflicts.length > 0 && !by.force) throw conflictError(conflicts);
  for (const { manager, path } of conflicts) manager.paths.delete(path);

  const merged = (live === undefined ? structuredClone(applied) : merge(live, applied)) as KubernetesObject;
  const kept = (path: string) => appliedFields.has(path) || others.some(({ paths }) => paths.has(path));
  const dropped = [...(before?.paths ?? [])].filter((path) => !kept(path)).map((path) => JSON.parse(path) as string[]);
  for (const path of dropped.sort((a, b) => b.length - a.length)) removeField(merged, path);

  const paths = new Set(appliedFields.keys());
  const isSame = before !== undefined && sameJson([...before.paths].sort(), [...paths].sort());
  const own: Manager = {
    manager: by.manager,
    operation: 'Apply',
    apiVersion: applied.apiVersion,
    ...(by.subresource === '' ? {} : { subresource: by.subresource }),
    time: isSame && liveIs(merged, live) ? before.time : timestamp(),
    paths,
  };
  return withManagers(merged, [own, ...others]);
}

function liveIs(merged: KubernetesObject, live: KubernetesObject | undefined): boolean {
  return live !== undefined && sameJson(merged, live);
}

function merge(live: unknown, applied: unknown, field = ''): unknown {
  if (isFields(applied) && isFields(live)) {
    const result: Fields = structuredClone(live);
    for (const [name, value] of Object.entries(applied)) {
      if (value === null) delete result[name];
      else result[name] = merge(live[name], value, name);
    }
    return result;
  }
  if (!Array.isArray(applied) || !Array.isArray(live)) return structuredClone(applied);
  const identify = identityIn(field, [...live, ...applied]);
  if (identify === undefined) return structuredClone(applied);
  const result: unknown[] = structuredClone(live);
  for (const item of applied.filter(isFields)) {
    const index = indexOfSame(result, item, identify);
    if (index < 0) result.push(structuredClone(item));
    else result[index] = merge(result[index], item);
  }
  return result;
}

/** Removes the field at a path, and with it the objects and lists that are left empty by that. */
function removeField(holder: unknown, [step, ...rest]: readonly string[], field = ''): void {
  if (step === undefined) return;
  if (step.startsWith('k:') && Array.isArray(holder)) {
    const identify = identityIn(field, holder);
    const index = identify === undefined ? -1 : indexOfSame(holder, JSON.parse(step.slice(2)) as Fields, identify);
    if (index < 0) return;
    if (rest[0] === '.') holder.splice(index, 1);
    else removeField(holder[index], rest);
  } else if (step.startsWith('f:') && isFields(holder)) {
    const name = step.slice(2);
    if (rest.length === 0) delete holder[name];
    else removeField(holder[name], rest, name);
    const left = holder[name];
    if (isFields(left) && Object.keys(left).length === 0) delete holder[name];
    if (Array.isArray(left) && left.length === 0) delete holder[name];
  }
}

function conflictError(conflicts: readonly { manager: Manager; path: string }[]): StatusError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${manager.manager}" using ${manager.apiVersion}`,
    field: inWords(JSON.parse(path) as string[]),
  }));
  const plural = causes.length === 1 ? 'conflict' : 'conflicts';
  const list = causes.map(({ message, field }) => `${message}: ${field}`).join('; ');
  return new StatusError(409, 'Conflict', `Apply failed with ${causes.length} ${plural}: ${list}`, { causes });
}

/** `.spec.containers[name="main"].image`, as a kube-apiserver writes a field. */
function inWords(path: readonly string[]): string {
  const steps = path
    .filter((step) => step !== '.')
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      const identity = Object.entries(JSON.parse(step.slice(2)) as Fields);
      return `[${identity.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    });
  return steps.join('');
}
