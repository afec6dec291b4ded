import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { openKubernetes, reasonIn, refusal, type KubernetesAccess, type KubernetesClient } from './client.ts';
import { objectPath, resourceFinder, type ResourceFinder } from './discover-resource.ts';
import type { Answer } from './exchange.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { describeObject, readManifests, type ManifestObject } from './manifests.ts';

export interface ApplyOptions {
  /** Under this name the API server remembers which fields are ours; default `talos-rebuild`. */
  fieldManager?: string;
  /** How long one object may meet a kind that is not served yet, or an API server in trouble; default 60 s. */
  patienceMs?: number;
  /** Called with each object before it is applied. */
  onObject?: (object: AppliedObject, index: number, count: number) => void;
}

export interface AppliedObject {
  file: string;
  document: number;
  kind: string;
  name: string;
  namespace: string | undefined;
}

/** Between two looks for a kind that is not served yet. */
const AGAIN_MS = 250;

/**
 * Applies manifest files server-side, with force: fields that the files name are set, also those that others manage.
 * Safe to run twice and after any interruption. Namespaces and definitions come first; an object whose kind is not
 * served yet is tried again, because a definition takes a moment to be established and operators bring theirs
 * themselves. Returns what was applied, in order. Throws KubernetesError naming file, document, kind and name.
 */
export async function applyManifests(
  access: KubernetesAccess,
  files: readonly string[],
  options: ApplyOptions = {},
): Promise<AppliedObject[]> {
  const { fieldManager = 'talos-rebuild', patienceMs = 60_000, onObject } = options;
  const objects = await readManifests(files);
  const client = await openKubernetes(access);
  const resources = resourceFinder(client);
  const applied: AppliedObject[] = [];
  for (const [index, object] of objects.entries()) {
    const { file, document, kind, name, namespace } = object;
    const told = { file, document, kind, name, namespace };
    onObject?.(told, index, objects.length);
    await patiently(object, patienceMs, access.signal, () => applyOne(client, resources, object, fieldManager));
    applied.push(told);
  }
  return applied;
}

/**
 * An API server that has just started may not know its roles and service accounts yet (401, 403), and another
 * writer may be faster (409).
 */
const passingRefusals: readonly number[] = [401, 403, 409];

/** Runs until it succeeds, fails for good, or patience ends; then throws what was wrong last, said of the object. */
async function patiently(
  object: ManifestObject,
  patienceMs: number,
  signal: AbortSignal | undefined,
  apply: () => Promise<void>,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      await apply();
      return;
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      const mayHelp = error.isTransient || error instanceof NotServedYet || passingRefusals.includes(error.status ?? 0);
      if (!mayHelp || performance.now() + AGAIN_MS > deadline) {
        throw new KubernetesError(error.kind, `${describeObject(object)}: ${error.message}`, error.status);
      }
    }
    await delay(AGAIN_MS, undefined, signal === undefined ? {} : { signal });
  }
}

class NotServedYet extends KubernetesError {}

async function applyOne(
  client: KubernetesClient,
  resources: ResourceFinder,
  { apiVersion, kind, name, namespace, content }: ManifestObject,
  fieldManager: string,
): Promise<void> {
  const resource = await resources.find(apiVersion, kind);
  if (resource === undefined) {
    const message = `the cluster has no kind ${kind} in ${apiVersion}; is its CustomResourceDefinition among the manifests?`;
    throw new NotServedYet('refused', message, 404);
  }
  const query = new URLSearchParams({ fieldManager, force: 'true', fieldValidation: 'Strict' });
  const path = objectPath(apiVersion, resource, namespace ?? client.namespace, name);
  const answer = await client.send({
    method: 'PATCH',
    path: `${path}?${query.toString()}`,
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: stringify(content, { aliasDuplicateObjects: false }),
  });
  if (answer.status === 200 || answer.status === 201) return;
  throw refusedObject(client, kind, answer);
}

function refusedObject(client: KubernetesClient, kind: string, answer: Answer): KubernetesError {
  // The list of kinds may know one a moment before its path is served.
  if (answer.status === 404 && reasonIn(answer.body) === 'the server could not find the requested resource') {
    return new NotServedYet('refused', `the API server does not serve ${kind} yet`, 404);
  }
  // What the API server says of a secret may quote it.
  return refusal(client.host, kind === 'Secret' ? { ...answer, body: '' } : answer);
}
