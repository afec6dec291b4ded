import { parseAllDocuments } from 'yaml';
import { Failure } from '../run/failure.ts';

/** One document of a machine configuration as plain data. The first, without a `kind`, is the v1alpha1 document. */
export type ConfigDocument = Readonly<Record<string, unknown>>;

/**
 * Parses a machine configuration with all its documents; empty ones are left out. Fails with `ConfigurationRefused`,
 * whose message names line and column and shows nothing of the text.
 */
export function parseConfiguration(yaml: string): ConfigDocument[] {
  const documents: ConfigDocument[] = [];
  // Aliases are Talos's as well; the limit on them only guards against texts that explode.
  for (const document of parseAllDocuments(yaml)) {
    const [problem] = document.errors;
    if (problem) {
      const at = problem.linePos?.[0];
      const where = at === undefined ? '' : ` at line ${at.line}, column ${at.col}`;
      throw new Failure('ConfigurationRefused', `A machine configuration is not YAML${where} (${problem.code}).`);
    }
    const content: unknown = document.toJS();
    if (isRecord(content)) documents.push(content);
  }
  return documents;
}

/** The v1alpha1 document, which holds the machine's type and the cluster's keys. */
export function mainDocument(documents: readonly ConfigDocument[]): ConfigDocument {
  return documents.find((document) => document['kind'] === undefined) ?? {};
}

export function documentsOfKind(documents: readonly ConfigDocument[], kind: string): ConfigDocument[] {
  return documents.filter((document) => document['kind'] === kind);
}

/** What is at a path of keys, or undefined where one of them is missing. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  let here = value;
  for (const key of keys) here = isRecord(here) ? here[key] : undefined;
  return here;
}

export function textAt(value: unknown, ...keys: readonly string[]): string | undefined {
  const found = at(value, ...keys);
  return typeof found === 'string' ? found : undefined;
}

export function listAt(value: unknown, ...keys: readonly string[]): unknown[] {
  const found = at(value, ...keys);
  return Array.isArray(found) ? found : [];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
