import { age } from './ages.ts';
import { isFields, textAt, type Fields } from './objects.ts';
import type { Column } from './table-columns.ts';

/** The columns that a CustomResourceDefinition's version asks for, between name and age. */
export function customColumns(wanted: readonly Fields[]): Column[] {
  const name: Column = { name: 'Name', cell: ({ metadata }) => metadata.name };
  const ownAge: Column = { name: 'Age', cell: ({ metadata }) => age(metadata.creationTimestamp) };
  const columns = wanted.map((column): Column => {
    const path = textAt(column, 'jsonPath');
    const isDate = column['type'] === 'date';
    return {
      name: textAt(column, 'name'),
      type: isDate ? 'string' : textAt(column, 'type'),
      priority: typeof column['priority'] === 'number' ? column['priority'] : 0,
      cell: (object) => {
        const value = valueAtJsonPath(object, path);
        return isDate && typeof value === 'string' ? age(value) : (value ?? '');
      },
    };
  });
  return [name, ...columns, ...(columns.length === 0 ? [ownAge] : [])];
}

/**
 * The first value at a JSON path of the simple kinds that definitions use: `.a.b`, `.a['b']`, `.a[0]`,
 * `.a[?(@.type=="Ready")].b`.
 */
function valueAtJsonPath(value: unknown, path: string): unknown {
  let here = value;
  for (const [, field, quoted, index, key, wanted] of path.matchAll(
    /\.([\w-]+)|\['([^']+)'\]|\[(\d+)\]|\[\?\(@\.([\w-]+)\s*==\s*['"]([^'"]*)['"]\)\]/g,
  )) {
    const name = field ?? quoted;
    if (name !== undefined) here = isFields(here) ? here[name] : undefined;
    else if (!Array.isArray(here)) return undefined;
    else if (index !== undefined) here = here[Number(index)];
    else here = here.find((item: unknown) => textAt(item, key ?? '') === wanted);
  }
  return here;
}
