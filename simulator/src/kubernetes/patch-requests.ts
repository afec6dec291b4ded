import { normalized } from './defaults.ts';
import { isFields, type Fields, type KubernetesObject } from './objects.ts';
import type { ObjectPath } from './paths.ts';
import { jsonPatch, mergePatch } from './patches.ts';
import { parsed, type ApiRequest } from './requests.ts';
import { groupVersionOf } from './resources.ts';
import { applyObject } from './server-side-apply.ts';
import { badRequest, StatusError, unsupportedMediaType } from './status.ts';
import { strategicMergePatch } from './strategic-merge.ts';

const types = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** The object that a PATCH request asks for. Of the live object (none when applying anew) nothing is changed. */
export function patchedObject(live: KubernetesObject | undefined, path: ObjectPath, request: ApiRequest): Fields {
  const { contentType, body } = request;
  const inVersion = live === undefined ? undefined : { ...live, apiVersion: groupVersionOf(path.kind) };
  switch (contentType) {
    case types.json:
      return jsonPatch(inVersion ?? {}, parsed(body, false));
    case types.merge:
      return mergePatch(inVersion, patchIn(body)) as Fields;
    case types.strategic:
      // Custom resources have no schema that tells how their lists merge.
      if (path.kind.isCustom) throw unsupportedMediaType([types.json, types.merge, types.apply]);
      return strategicMergePatch(inVersion, patchIn(body));
    case types.apply:
      return applied(inVersion, path, request);
    default:
      throw unsupportedMediaType(Object.values(types));
  }
}

function patchIn(body: string): Fields {
  const patch = parsed(body, false);
  if (!isFields(patch)) throw badRequest('the patch is no object');
  return patch;
}

function applied(live: KubernetesObject | undefined, path: ObjectPath, request: ApiRequest): KubernetesObject {
  const config = parsed(request.body, true);
  if (!isFields(config)) throw badRequest('the applied configuration is no object');
  const manager = request.query.get('fieldManager');
  if (manager === null || manager === '') {
    const message = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch';
    throw new StatusError(422, 'Invalid', message);
  }
  const { apiVersion, kind } = config;
  if (apiVersion !== groupVersionOf(path.kind) || kind !== path.kind.kind) {
    throw badRequest(`invalid object type: ${String(apiVersion)}, Kind=${String(kind)}`);
  }
  const metadata = isFields(config['metadata']) ? config['metadata'] : {};
  if (metadata['managedFields'] !== undefined) throw badRequest('metadata.managedFields must be nil');
  const wanted = normalized({ ...config, metadata } as KubernetesObject);
  if (path.subresource === '' && path.kind.subresources.includes('status')) delete wanted['status'];
  const force = request.query.get('force') === 'true';
  return applyObject(live, wanted, { manager, force, subresource: path.subresource });
}
