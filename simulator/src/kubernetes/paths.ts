import type { ResourceKind } from './resource-kind.ts';
import { groupVersionOf } from './resources.ts';

/** A path that names objects: a collection when it has no name. */
export interface ObjectPath {
  kind: ResourceKind;
  namespace: string;
  name: string;
  subresource: string;
}

/**
 * Reads a path like `/apis/apps/v1/namespaces/a/deployments/b/scale`; undefined when nothing of that kind is served.
 */
export function objectPath(path: string, kinds: readonly ResourceKind[]): ObjectPath | undefined {
  const [root, ...parts] = path.split('/').filter(Boolean).map(decodeURIComponent);
  if (root !== 'api' && root !== 'apis') return undefined;
  const groupVersion = parts.splice(0, root === 'api' ? 1 : 2).join('/');
  const ofNamespaceItself = parts.length < 3 || parts[2] === 'status' || parts[2] === 'finalize';
  const inNamespace = parts[0] === 'namespaces' && !ofNamespaceItself;
  const namespace = inNamespace ? (parts.splice(0, 2)[1] ?? '') : '';
  const [resource, name = '', subresource = '', ...rest] = parts;
  const kind = kinds.find((one) => groupVersionOf(one) === groupVersion && one.resource === resource);
  if (kind === undefined || rest.length > 0) return undefined;
  if (inNamespace !== kind.namespaced && (inNamespace || name !== '')) return undefined;
  return { kind, namespace, name, subresource };
}
