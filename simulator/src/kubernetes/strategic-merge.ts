import { isFields, type Fields } from './objects.ts';
import { identityIn, indexOfSame } from './list-keys.ts';

/**
 * Strategic merge patch: a merge patch that knows the keyed lists and the directives `$patch`,
 * `$deleteFromPrimitiveList`, `$retainKeys`.
 */
export function strategicMergePatch(target: unknown, patch: Fields): Fields {
  if (patch['$patch'] === 'delete') return {};
  const replaces = patch['$patch'] === 'replace';
  const result: Fields = isFields(target) && !replaces ? { ...target } : {};
  const retained = patch['$retainKeys'];
  if (Array.isArray(retained)) {
    for (const field of Object.keys(result)) if (!retained.includes(field)) delete result[field];
  }
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith('$deleteFromPrimitiveList/')) {
      const name = field.slice(field.indexOf('/') + 1);
      const gone = Array.isArray(value) ? value : [];
      if (Array.isArray(result[name])) result[name] = result[name].filter((one: unknown) => !gone.includes(one));
    } else if (field.startsWith('$')) continue;
    else if (value === null) delete result[field];
    else if (Array.isArray(value)) result[field] = patchedList(field, result[field], value);
    else if (isFields(value)) result[field] = strategicMergePatch(result[field], value);
    else result[field] = value;
  }
  return result;
}

function patchedList(field: string, before: unknown, patch: unknown[]): unknown[] {
  const directives = patch.filter((item) => isFields(item) && item['$patch'] === 'replace');
  const items = patch.filter((item) => !directives.includes(item));
  if (field === 'finalizers' && Array.isArray(before)) return [...new Set([...before, ...items])];
  const identify = identityIn(field, items);
  if (identify === undefined || !Array.isArray(before) || directives.length > 0) return items;
  const result: unknown[] = [...before];
  for (const item of items.filter(isFields)) {
    const index = indexOfSame(result, item, identify);
    if (item['$patch'] === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index < 0) result.push(strategicMergePatch(undefined, item));
    else result[index] = strategicMergePatch(result[index], item);
  }
  return result;
}
