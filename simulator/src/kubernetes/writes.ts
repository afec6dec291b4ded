import { randomBytes } from 'node:crypto';
import { normalized, withDefaults } from './defaults.ts';
import { managersAfterUpdate, withManagers } from './managed-fields.ts';
import { isFields, textAt, timestamp, type Fields, type KubernetesObject } from './objects.ts';
import { patchedObject } from './patch-requests.ts';
import type { ObjectPath } from './paths.ts';
import { isDryRun, managerOf, objectIn, type ApiRequest } from './requests.ts';
import { groupVersionOf } from './resources.ts';
import { alreadyExists, badRequest, invalid, modifiedMeanwhile, notFound } from './status.ts';
import type { ObjectAddress } from './object-store.ts';
import type { KubernetesStore } from './store.ts';

export function createObject(store: KubernetesStore, path: ObjectPath, request: ApiRequest): KubernetesObject {
  const object = readObject(objectIn(request), path);
  const address = addressOf(path, object.metadata.name);
  if (store.get(address) !== undefined) throw alreadyExists(address);
  return write(store, path, request, { address, live: undefined, next: object });
}

export function updateObject(store: KubernetesStore, path: ObjectPath, request: ApiRequest): KubernetesObject {
  const next = readObject(objectIn(request), path);
  const address = addressOf(path, path.name);
  const live = store.get(address);
  if (live === undefined) throw notFound(address);
  return write(store, path, request, { address, live, next });
}

/** A patch of any of the four kinds; server-side apply may create the object. */
export function patchObject(
  store: KubernetesStore,
  path: ObjectPath,
  request: ApiRequest,
): { created: boolean; object: KubernetesObject } {
  const address = addressOf(path, path.name);
  const live = store.get(address);
  const isApply = request.contentType === 'application/apply-patch+yaml';
  if (live === undefined && !isApply) throw notFound(address);
  const next = readObject(patchedObject(live, path, request), path);
  return { created: live === undefined, object: write(store, path, request, { address, live, next, isApply }) };
}

/** Deletes an object, or marks it as going while it has finalizers. Returns what the client is told. */
export function deleteObject(store: KubernetesStore, path: ObjectPath, request: ApiRequest, name: string): Fields {
  const address = addressOf(path, name);
  const live = store.get(address);
  if (live === undefined) throw notFound(address);
  const options = request.body === '' ? {} : objectIn(request);
  const { uid, resourceVersion } = isFields(options['preconditions']) ? options['preconditions'] : {};
  if (uid !== undefined && uid !== live.metadata.uid) throw modifiedMeanwhile(address);
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion)
    throw modifiedMeanwhile(address);
  const dryRun = isDryRun(request) || (Array.isArray(options['dryRun']) && options['dryRun'].includes('All'));
  if ((live.metadata.finalizers ?? []).length > 0) {
    const deletionTimestamp = live.metadata.deletionTimestamp ?? timestamp();
    const going = { ...live, metadata: { ...live.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 } };
    return dryRun ? going : store.put(address, going);
  }
  if (!dryRun) store.delete(address);
  const { group, resource } = address;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group === '' ? {} : { group }), kind: resource, uid: live.metadata.uid },
  };
}

interface Write {
  address: ObjectAddress;
  live: KubernetesObject | undefined;
  next: KubernetesObject;
  isApply?: boolean;
}

/** What every write goes through: preconditions, who may set the status, defaults, field managers, finalizers. */
function write(store: KubernetesStore, path: ObjectPath, request: ApiRequest, change: Write): KubernetesObject {
  const { address, live } = change;
  let next = change.next;
  assertNamespace(store, address);
  const { uid, resourceVersion } = next.metadata;
  if (live !== undefined && resourceVersion && resourceVersion !== live.metadata.resourceVersion) {
    throw modifiedMeanwhile(address);
  }
  if (live !== undefined && uid !== undefined && uid !== live.metadata.uid) throw modifiedMeanwhile(address);

  if (path.subresource === 'status' && live !== undefined)
    next = { ...live, metadata: next.metadata, status: next['status'] };
  else if (path.kind.subresources.includes('status')) next = withStatus(next, live?.['status']);
  if (live === undefined) next = withDefaults(withoutIdentity(next));
  if (live?.metadata.deletionTimestamp !== undefined) {
    next = { ...next, metadata: { ...next.metadata, deletionTimestamp: live.metadata.deletionTimestamp } };
  }
  if (change.isApply !== true) {
    const by = { manager: managerOf(request), subresource: path.subresource };
    next = withManagers(next, managersAfterUpdate(live, next, by));
  }
  if (isDryRun(request)) return next;
  const isGone = next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0;
  return isGone ? (store.delete(address) ?? next) : store.put(address, next);
}

/** Only the API server sets the uid of an object and the time at which it was made. */
function withoutIdentity({ metadata, ...rest }: KubernetesObject): KubernetesObject {
  const { uid: _, creationTimestamp: __, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

function withStatus(object: KubernetesObject, status: unknown): KubernetesObject {
  const { status: _, ...rest } = object;
  return status === undefined ? rest : { ...rest, status };
}

function assertNamespace(store: KubernetesStore, { namespace }: ObjectAddress): void {
  if (namespace === '') return;
  const address = { group: '', resource: 'namespaces', namespace: '', name: namespace };
  if (store.get(address) === undefined) throw notFound(address);
}

export function addressOf({ kind, namespace }: ObjectPath, name: string): ObjectAddress {
  return { group: kind.group, resource: kind.resource, namespace, name };
}

/** A body as an object of the kind that the path is about. Throws 400 and 422 as a kube-apiserver does. */
function readObject(value: Fields, { kind, namespace, name }: ObjectPath): KubernetesObject {
  const apiVersion = value['apiVersion'] ?? groupVersionOf(kind);
  if ((value['kind'] ?? kind.kind) !== kind.kind || apiVersion !== groupVersionOf(kind)) {
    const found = `${String(value['kind'])} in version ${JSON.stringify(apiVersion)}`;
    throw badRequest(
      `${found} cannot be handled as a ${kind.kind}: it does not match the expected API version and kind`,
    );
  }
  const metadata = isFields(value['metadata']) ? { ...value['metadata'] } : {};
  const generated = typeof metadata['generateName'] === 'string' ? metadata['generateName'] : undefined;
  const ownName = textAt(metadata, 'name') || (name === '' && generated ? `${generated}${suffix()}` : name);
  const subject = { group: kind.group, resource: kind.resource, kind: kind.kind, name: ownName };
  if (ownName === '') throw invalid(subject, 'metadata.name', 'Required value: name or generateName is required');
  if (name !== '' && ownName !== name) {
    throw badRequest(`the name of the object (${ownName}) does not match the name on the URL (${name})`);
  }
  if (kind.group !== 'rbac.authorization.k8s.io' && !/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(ownName)) {
    const problem = `Invalid value: ${JSON.stringify(ownName)}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`;
    throw invalid(subject, 'metadata.name', problem);
  }
  if ((metadata['namespace'] ?? namespace) !== namespace && namespace !== '') {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const type = { apiVersion: groupVersionOf(kind), kind: kind.kind };
  return normalized({ ...value, ...type, metadata: { ...metadata, name: ownName } });
}

function suffix(): string {
  return randomBytes(4).toString('hex').slice(0, 5);
}
