/** A YAML or JSON mapping whose content is not known yet. */
export type Mapping = { [key: string]: unknown };

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function mappingsIn(value: unknown): Mapping[] {
  return Array.isArray(value) ? value.filter(isMapping) : [];
}

/** The mapping under a key, empty if there is none. */
export function mappingAt(value: Mapping, key: string): Mapping {
  const found = value[key];
  return isMapping(found) ? found : {};
}
