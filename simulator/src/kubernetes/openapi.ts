import type { Fields } from './objects.ts';
import type { ResourceKind } from './resource-kind.ts';
import { groupVersionOf } from './resources.ts';

/**
 * As much of OpenAPI as kubectl needs before it sends an object: that the server validates fields itself (the parameter
 * `fieldValidation`). Schemas are left out, so `kubectl explain` has nothing to say.
 */
export function openApiRoot(kinds: readonly ResourceKind[]): Fields {
  const paths = [...new Set(kinds.map(pathOf))].map((path) => [
    path,
    { serverRelativeURL: `/openapi/v3/${path}?hash=${kinds.length}` },
  ]);
  return { paths: Object.fromEntries(paths) as Fields };
}

/** The document of one group version such as `apis/apps/v1`, or undefined if nothing of it is served. */
export function openApiDocument(kinds: readonly ResourceKind[], path: string, version: string): Fields | undefined {
  const found = kinds.filter((kind) => pathOf(kind) === path);
  if (found.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version },
    paths: Object.fromEntries(found.map((kind) => [`/${path}/${placeholders(kind)}`, { patch: patchOperation(kind) }])),
    components: { schemas: {} },
  };
}

/**
 * The older document, which kubectl reads only for kinds that the newer one does not have, in protobuf: an empty one,
 * field 1 being its version. kubectl then goes on without validation.
 */
export function openApiV2(): { text: string; contentType: string } {
  return { text: '\n\u00032.0', contentType: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' };
}

function pathOf(kind: ResourceKind): string {
  return kind.group === '' ? `api/${kind.version}` : `apis/${groupVersionOf(kind)}`;
}

function placeholders({ namespaced, resource }: ResourceKind): string {
  return namespaced ? `namespaces/{namespace}/${resource}/{name}` : `${resource}/{name}`;
}

function patchOperation({ group, version, kind }: ResourceKind): Fields {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
  }));
  return {
    description: `partially update the specified ${kind}`,
    parameters,
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, kind, version },
  };
}
