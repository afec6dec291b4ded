import { refusal, type KubernetesClient } from './client.ts';
import { isMapping, mappingsIn, textOf } from './mappings.ts';

/** How a kind of object is named in paths. */
export interface Resource {
  plural: string;
  namespaced: boolean;
}

/** Finds resources by kind, and remembers what it found; what it did not find is asked for again the next time. */
export interface ResourceFinder {
  /** Undefined while the API server does not serve such a kind. Throws KubernetesError. */
  find(apiVersion: string, kind: string): Promise<Resource | undefined>;
}

export function resourceFinder(client: KubernetesClient): ResourceFinder {
  const known = new Map<string, Resource>();
  return {
    find: async (apiVersion, kind) => {
      const key = `${apiVersion} ${kind}`;
      const remembered = known.get(key);
      if (remembered !== undefined) return remembered;
      const answer = await client.send({ method: 'GET', path: rootOf(apiVersion) });
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refusal(client.host, answer);
      const list: unknown = JSON.parse(answer.body);
      for (const resource of mappingsIn(isMapping(list) ? list['resources'] : undefined)) {
        const plural = textOf(resource['name']);
        if (plural.includes('/')) continue; // a subresource
        const found = { plural, namespaced: resource['namespaced'] === true };
        known.set(`${apiVersion} ${textOf(resource['kind'])}`, found);
      }
      return known.get(key);
    },
  };
}

/** The path of one object. */
export function objectPath(
  apiVersion: string,
  { plural, namespaced }: Resource,
  namespace: string,
  name: string,
): string {
  const parts = [...(namespaced ? ['namespaces', namespace] : []), plural, name];
  return [rootOf(apiVersion), ...parts.map(encodeURIComponent)].join('/');
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
