/** What Kubernetes objects look like, wherever the simulated API server reads or writes one. */

export type Fields = { [field: string]: unknown };

export interface ObjectMeta extends Fields {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: { [label: string]: string };
  annotations?: { [annotation: string]: string };
  finalizers?: string[];
}

export interface KubernetesObject extends Fields {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of field names, or undefined where any of them is missing. */
export function valueAt(value: unknown, ...path: string[]): unknown {
  let here = value;
  for (const field of path) here = isFields(here) ? here[field] : undefined;
  return here;
}

export function listAt(value: unknown, ...path: string[]): Fields[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found.filter(isFields) : [];
}

export function textAt(value: unknown, ...path: string[]): string {
  const found = valueAt(value, ...path);
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? String(found) : '';
}

export function numberAt(value: unknown, ...path: string[]): number {
  const found = valueAt(value, ...path);
  return typeof found === 'number' ? found : 0;
}

/** The same JSON value with the fields of every object in order, so that equal values are equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_field, inner: unknown) =>
    isFields(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

export function sameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** Instants as Kubernetes writes them: RFC 3339 with whole seconds. */
export function timestamp(at: Date = new Date()): string {
  return at.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
