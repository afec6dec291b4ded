import { forbid } from './authorization.ts';
import { answerForm, type AnswerForm } from './negotiation.ts';
import type { ObjectPath } from './paths.ts';
import { representationOf } from './representation.ts';
import type { ApiAnswer, ApiRequest } from './requests.ts';
import { getScale, setScale } from './scale.ts';
import { selectorOf } from './selectors.ts';
import { methodNotAllowed, noSuchPath, notFound } from './status.ts';
import type { KubernetesStore } from './store.ts';
import { watchObjects } from './watch.ts';
import { addressOf, createObject, deleteObject, patchObject, updateObject } from './writes.ts';

const readForms: AnswerForm[] = ['json', 'yaml', 'table', 'metadata'];
const listForms: AnswerForm[] = ['json', 'yaml', 'table', 'metadata list'];

/** Answers a request about objects: get, list, watch, create, update, patch, delete. */
export function answerObjectRequest(store: KubernetesStore, path: ObjectPath, request: ApiRequest): ApiAnswer {
  forbid(path, request);
  const { query, accept, method } = request;
  const isWatch = method === 'GET' && ['true', '1'].includes(query.get('watch') ?? '');
  const form = answerForm(accept, path.name === '' && method === 'GET' && !isWatch ? listForms : readForms);
  const representation = representationOf(store, path.kind, form, query.get('includeObject'));

  if (isWatch) return { code: 200, form, stream: watchObjects(store, path, query, representation, form) };
  if (path.subresource !== '') return { form, ...answerSubresource(store, path, request) };
  const one = (code: number, object: Parameters<typeof representation.one>[0]): ApiAnswer => ({
    code,
    form,
    value: representation.one(object),
  });
  const found = () => {
    const namespace = path.namespace === '' ? undefined : path.namespace;
    return store.list(path.kind.group, path.kind.resource, namespace).filter(selectorOf(query));
  };

  if (path.name === '') {
    switch (method) {
      case 'GET':
        return { code: 200, form, value: representation.list(found()) };
      case 'POST':
        return one(201, createObject(store, path, request));
      case 'DELETE': {
        const gone = found();
        const value = representation.list(gone);
        for (const { metadata } of gone) {
          deleteObject(store, { ...path, namespace: metadata.namespace ?? '' }, request, metadata.name);
        }
        return { code: 200, form, value };
      }
      default:
        throw methodNotAllowed();
    }
  }
  switch (method) {
    case 'GET': {
      const address = addressOf(path, path.name);
      const object = store.get(address);
      if (object === undefined) throw notFound(address);
      return one(200, object);
    }
    case 'PUT':
      return one(200, updateObject(store, path, request));
    case 'PATCH': {
      const { created, object } = patchObject(store, path, request);
      return one(created ? 201 : 200, object);
    }
    case 'DELETE':
      return { code: 200, form: 'json', value: deleteObject(store, path, request, path.name) };
    default:
      throw methodNotAllowed();
  }
}

function answerSubresource(
  store: KubernetesStore,
  path: ObjectPath,
  request: ApiRequest,
): { code: number; value: unknown } {
  const { kind, subresource } = path;
  const address = addressOf(path, path.name);
  const object = store.get(address);
  if (object === undefined) throw notFound(address);
  if (subresource === 'eviction' && kind.resource === 'pods' && request.method === 'POST') {
    return { code: 201, value: deleteObject(store, path, { ...request, body: '' }, path.name) };
  }
  if (!kind.subresources.some((one) => one === subresource)) throw noSuchPath();
  const isScale = subresource === 'scale';
  switch (request.method) {
    case 'GET':
      return { code: 200, value: isScale ? getScale(object) : object };
    case 'PUT':
      return { code: 200, value: isScale ? setScale(store, address, request) : updateObject(store, path, request) };
    case 'PATCH':
      return {
        code: 200,
        value: isScale ? setScale(store, address, request) : patchObject(store, path, request).object,
      };
    default:
      throw methodNotAllowed();
  }
}
