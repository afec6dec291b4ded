import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery.ts';
import { answerForm, type AnswerForm } from './negotiation.ts';
import { answerObjectRequest } from './object-requests.ts';
import { openApiDocument, openApiRoot, openApiV2 } from './openapi.ts';
import { objectPath } from './paths.ts';
import type { ApiAnswer, ApiRequest } from './requests.ts';
import { noSuchPath } from './status.ts';
import type { KubernetesStore } from './store.ts';

/** Answers any request to the API server. Refusals are thrown as StatusError. */
export function answerRequest(store: KubernetesStore, version: string, request: ApiRequest): ApiAnswer {
  const path = request.path.replace(/\/+$/, '');
  const kinds = store.kinds();
  const json = (value: unknown): ApiAnswer => {
    if (value === undefined) throw noSuchPath();
    return { code: 200, form: 'json', value };
  };

  if (path === '/version') return json(versionInfo(version));
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path))
    return { code: 200, text: 'ok', contentType: 'text/plain; charset=utf-8' };
  if (path === '/openapi/v2') return { code: 200, ...openApiV2() };
  if (path === '/openapi/v3') return json(openApiRoot(kinds));
  if (path.startsWith('/openapi/v3/')) return json(openApiDocument(kinds, path.slice('/openapi/v3/'.length), version));
  if (path === '/api' || path === '/apis') {
    const form = answerForm(request.accept, [
      'json',
      'discovery list v2',
      'discovery list v2beta1',
    ] satisfies AnswerForm[]);
    if (form === 'json') return json(path === '/api' ? apiVersions() : apiGroupList(kinds));
    const discovery = aggregatedDiscovery(kinds, path === '/api' ? 'api' : 'apis', form.split(' ').at(-1) ?? '');
    return { code: 200, form, value: discovery };
  }
  const parts = path.split('/').slice(1);
  if (parts[0] === 'apis' && parts.length === 2) return json(apiGroup(kinds, parts[1] ?? ''));
  if ((parts[0] === 'api' && parts.length === 2) || (parts[0] === 'apis' && parts.length === 3)) {
    return json(apiResourceList(kinds, parts.slice(1).join('/')));
  }
  const objects = objectPath(path, kinds);
  if (objects === undefined) throw noSuchPath();
  return answerObjectRequest(store, objects, request);
}

function versionInfo(gitVersion: string): object {
  const [major = '', minor = ''] = gitVersion.replace(/^v/, '').split('.');
  return {
    major,
    minor,
    gitVersion,
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
    goVersion: 'go1.26.0',
    compiler: 'gc',
    platform: 'linux/arm64',
  };
}
