import type { Boot } from '../boot.ts';
import { definitionOf, namespaces } from '../resources/definitions.ts';
import { resourcesOf, type Resource } from '../resources/resources.ts';
import { isEnd } from '../ended.ts';
import { timestampOf } from './messages.ts';
import { serverStream, unary, type CallContext, type Method } from './methods.ts';
import { notAuthorized, RpcError } from './rpc-error.ts';

interface LabelQuery {
  terms: { key: string; op: number; value: string[]; invert: boolean }[];
}

interface Selection {
  namespace: string;
  type: string;
  id?: string;
  options: { labelQuery: LabelQuery[]; idQuery: { regexp: string } | null; bootstrapContents?: boolean } | null;
}

const service = '/cosi.resource.State';
const journaled = ({ namespace, type, id }: Selection) => ({
  namespace,
  type,
  ...(id === undefined || id === '' ? {} : { id }),
});

/** The resource API (COSI): reading for all, by the sensitivity of the type; writing for nobody. */
export const resourceMethods: [string, Method][] = [
  unary<Selection>(
    { path: `${service}/Get`, request: 'GetRequest', response: 'GetResponse', describe: journaled },
    ({ boot, roles }, request) => {
      assertReadable(request, roles);
      const found = resourcesOf(boot, request.type).find(
        ({ id, namespace }) => id === request.id && namespace === request.namespace,
      );
      if (found === undefined) {
        throw new RpcError(
          'NotFound',
          `resource ${request.type}(${request.namespace}/${request.id}@undefined) doesn't exist`,
        );
      }
      return { resource: fieldsOf(found) };
    },
  ),
  serverStream<Selection>(
    { path: `${service}/List`, request: 'ResourceListRequest', response: 'GetResponse', describe: journaled },
    async function* ({ boot, roles }, request) {
      assertReadable(request, roles);
      for (const resource of selected(boot, request)) yield { resource: fieldsOf(resource) };
    },
  ),
  serverStream<Selection>(
    { path: `${service}/Watch`, request: 'WatchRequest', response: 'WatchResponse', describe: journaled },
    watch,
  ),
  ...['Create', 'Update', 'Destroy'].map((method) =>
    unary<object>({ path: `${service}/${method}`, request: 'Empty', response: 'Empty' }, () => {
      throw new RpcError('PermissionDenied', 'write access is not allowed');
    }),
  ),
];

function assertReadable({ type, namespace }: Selection, roles: ReadonlySet<string>): void {
  const definition = definitionOf(type);
  if (definition === undefined) throw new RpcError('PermissionDenied', `resource type "${type}" is not supported`);
  if (definition.sensitive && !roles.has('os:admin')) throw notAuthorized();
  if (!namespaces.includes(namespace))
    throw new RpcError('PermissionDenied', `namespace "${namespace}" is not supported`);
}

function selected(boot: Boot, { type, namespace, options }: Selection): Resource[] {
  const pattern = options?.idQuery?.regexp;
  return resourcesOf(boot, type).filter(
    ({ id, namespace: own }) =>
      own === namespace &&
      (pattern === undefined || pattern === '' || new RegExp(pattern).test(id)) &&
      (options?.labelQuery.length ?? 0) === 0,
  );
}

/**
 * Sends what there is and then every change. The first answer is empty and says that the watch is set up. A watch of
 * one resource that does not exist begins with its destruction, as a mark that it is not there.
 */
async function* watch(context: CallContext, request: Selection): AsyncGenerator<object> {
  const { boot, roles } = context;
  assertReadable(request, roles);
  const { id } = request;
  const isSingle = id !== undefined && id !== '';
  const current = () =>
    new Map(
      selected(boot, { ...request, options: null })
        .filter((one) => !isSingle || one.id === id)
        .map((one) => [one.id, one]),
    );
  let known = current();
  yield {};
  if (isSingle && known.size === 0) yield { event: [{ eventType: 'DESTROYED', resource: tombstone(request, id) }] };
  if (isSingle || request.options?.bootstrapContents === true) {
    for (const resource of known.values()) yield { event: [{ eventType: 'CREATED', resource: fieldsOf(resource) }] };
    if (!isSingle) yield { event: [{ eventType: 'BOOTSTRAPPED' }] };
  }
  for (;;) {
    if (!(await changes(context, () => differ(known, current())))) return;
    const next = current();
    for (const event of eventsBetween(known, next)) yield { event: [event] };
    known = next;
  }
}

async function changes({ boot, signal, shutdown }: CallContext, look: () => boolean): Promise<boolean> {
  try {
    return await boot.until(look, AbortSignal.any([signal, shutdown]));
  } catch (error) {
    if (shutdown.aborted && isEnd(error)) return false;
    throw error;
  }
}

function differ(before: Map<string, Resource>, after: Map<string, Resource>): boolean {
  return before.size !== after.size || [...after].some(([id, { version }]) => before.get(id)?.version !== version);
}

function* eventsBetween(before: Map<string, Resource>, after: Map<string, Resource>): Generator<object> {
  for (const [id, resource] of after) {
    const old = before.get(id);
    if (old === undefined) yield { eventType: 'CREATED', resource: fieldsOf(resource) };
    else if (old.version !== resource.version)
      yield { eventType: 'UPDATED', resource: fieldsOf(resource), old: fieldsOf(old) };
  }
  for (const [id, resource] of before)
    if (!after.has(id)) yield { eventType: 'DESTROYED', resource: fieldsOf(resource) };
}

function tombstone({ namespace, type }: Selection, id: string): object {
  return {
    metadata: {
      namespace,
      type,
      id,
      version: 'undefined',
      phase: 'running',
      created: timestampOf(0),
      updated: timestampOf(0),
    },
    spec: {},
  };
}

function fieldsOf(resource: Resource): object {
  const { namespace, type, id, version, created, updated, annotations, yaml, proto } = resource;
  return {
    metadata: {
      namespace,
      type,
      id,
      version: String(version),
      owner: resource.owner,
      phase: 'running',
      created: timestampOf(created),
      updated: timestampOf(updated),
      annotations: annotations ?? {},
    },
    spec: { yamlSpec: yaml, ...(proto === undefined ? {} : { protoSpec: proto }) },
  };
}
