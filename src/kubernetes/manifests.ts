import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { KubernetesError } from './kubernetes-error.ts';
import { isMapping, mappingAt, mappingsIn, textOf, type Mapping } from './mappings.ts';

/** One object out of a manifest file. */
export interface ManifestObject {
  /** Where it stands: path of the file, and which document of it, from 1. */
  file: string;
  document: number;
  apiVersion: string;
  kind: string;
  name: string;
  /** Undefined if the manifest names none. */
  namespace: string | undefined;
  content: Mapping;
}

/**
 * The objects of multi-document YAML files, in the order in which they have to be applied: namespaces and
 * definitions of kinds first, all else as it stands. Lists are taken apart, empty documents passed over. Throws
 * `invalid` naming file and document.
 */
export async function readManifests(files: readonly string[]): Promise<ManifestObject[]> {
  const objects: ManifestObject[] = [];
  for (const file of files) objects.push(...objectsIn(file, await textOfFile(file)));
  return objects.sort((a, b) => turn(a) - turn(b));
}

/** `cilium.yaml, document 3, DaemonSet kube-system/cilium`. */
export function describeObject({ file, document, kind, name, namespace }: ManifestObject): string {
  return `${file}, document ${document}, ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function turn({ apiVersion, kind }: ManifestObject): number {
  if (apiVersion === 'v1' && kind === 'Namespace') return 0;
  return apiVersion.startsWith('apiextensions.k8s.io/') ? 1 : 2;
}

async function textOfFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new KubernetesError('invalid', `${file}: ${isMissing ? 'there is no such file' : 'it cannot be read'}`);
  }
}

function objectsIn(file: string, text: string): ManifestObject[] {
  const objects: ManifestObject[] = [];
  for (const [index, document] of [...parseAllDocuments(text)].entries()) {
    const where = `${file}, document ${index + 1}`;
    const [problem] = document.errors;
    // A parser's message may quote the manifest, and that may be a secret: only the place is told.
    if (problem !== undefined) {
      const [start] = problem.linePos ?? [];
      const place = start === undefined ? '' : ` (line ${start.line}, column ${start.col})`;
      throw new KubernetesError('invalid', `${where}: this is no valid YAML${place}`);
    }
    const content: unknown = document.toJS();
    if (content === null || content === undefined) continue;
    for (const one of partsOf(content)) objects.push(readObject(where, file, index + 1, one));
  }
  return objects;
}

function partsOf(content: unknown): unknown[] {
  const isList = isMapping(content) && textOf(content['kind']).endsWith('List') && Array.isArray(content['items']);
  return isList ? mappingsIn(content['items']) : [content];
}

function readObject(where: string, file: string, document: number, content: unknown): ManifestObject {
  if (!isMapping(content)) throw new KubernetesError('invalid', `${where}: this is no Kubernetes object`);
  const metadata = mappingAt(content, 'metadata');
  const named = {
    apiVersion: textOf(content['apiVersion']),
    kind: textOf(content['kind']),
    name: textOf(metadata['name']),
  };
  const missing = Object.entries(named).find(([, value]) => value === '')?.[0];
  if (missing !== undefined) {
    const field = missing === 'name' ? 'metadata.name' : missing;
    throw new KubernetesError(
      'invalid',
      `${where}: the object has no ${field}; every object needs apiVersion, kind and name`,
    );
  }
  return { file, document, ...named, namespace: textOf(metadata['namespace']) || undefined, content };
}
