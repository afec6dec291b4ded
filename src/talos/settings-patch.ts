import { stringify } from 'yaml';
import { type ConfigDocument, isRecord } from './config-documents.ts';

/**
 * Puts what settings need into one strategic-merge patch, as YAML: a document for each that they belong to. Empty
 * where there is nothing to say.
 */
export function patchOf(parts: readonly ConfigDocument[]): string {
  const documents = new Map<string, ConfigDocument>();
  for (const part of parts) {
    const key = JSON.stringify([part['kind'], part['name']]);
    documents.set(key, merge(documents.get(key) ?? {}, part) as ConfigDocument);
  }
  return [...documents.values()].map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
}

/** Entries of lists that Talos merges by a key. */
const mergeKeys = ['interface', 'vlanId'];

function merge(left: unknown, right: unknown): unknown {
  if (isRecord(left) && isRecord(right)) {
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return Object.fromEntries(
      keys.map((key) => [key, key in left && key in right ? merge(left[key], right[key]) : (right[key] ?? left[key])]),
    );
  }
  if (Array.isArray(left) && Array.isArray(right)) return right.reduce(mergeEntry, left as unknown[]);
  return right;
}

function mergeEntry(list: unknown[], entry: unknown): unknown[] {
  const key = isRecord(entry) ? mergeKeys.find((one) => one in entry) : undefined;
  const at =
    key === undefined ? -1 : list.findIndex((one) => isRecord(one) && isRecord(entry) && one[key] === entry[key]);
  return at < 0 ? [...list, entry] : list.map((one, index) => (index === at ? merge(one, entry) : one));
}
