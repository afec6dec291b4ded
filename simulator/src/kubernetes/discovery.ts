import type { Fields } from './objects.ts';
import type { ResourceKind } from './resource-kind.ts';
import { groupVersionOf } from './resources.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** What `/api` and `/apis` say to a client that asks for everything at once, as kubectl does first. */
export function aggregatedDiscovery(kinds: readonly ResourceKind[], root: 'api' | 'apis', version: string): Fields {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groupsOf(kinds, root).map((group) => ({
      metadata: { name: group === '' ? null : group, creationTimestamp: null },
      versions: versionsOf(kinds, group).map((version) => ({
        version,
        freshness: 'Current',
        resources: kinds.filter((kind) => kind.group === group && kind.version === version).map(discoveredResource),
      })),
    })),
  };
}

function discoveredResource(kind: ResourceKind): Fields {
  const responseKind = { group: kind.group, version: kind.version, kind: kind.kind };
  return {
    resource: kind.resource,
    responseKind,
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs,
    shortNames: kind.shortNames,
    categories: kind.categories,
    subresources: kind.subresources.map((subresource) => ({
      subresource,
      responseKind: subresource === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : responseKind,
      verbs: ['get', 'patch', 'update'],
    })),
  };
}

/** `/api` for clients that go step by step. */
export function apiVersions(): Fields {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

/** `/apis` for clients that go step by step. */
export function apiGroupList(kinds: readonly ResourceKind[]): Fields {
  const groups = groupsOf(kinds, 'apis').map((group) => describeGroup(kinds, group));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** `/apis/<group>`, or undefined if there is no such group. */
export function apiGroup(kinds: readonly ResourceKind[], group: string): Fields | undefined {
  if (group === '' || versionsOf(kinds, group).length === 0) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(kinds, group) };
}

function describeGroup(kinds: readonly ResourceKind[], group: string): Fields {
  const versions = versionsOf(kinds, group).map((version) => ({
    groupVersion: groupVersionOf({ group, version }),
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

/** `/api/v1` and `/apis/<group>/<version>`, or undefined if nothing of it is served. */
export function apiResourceList(kinds: readonly ResourceKind[], groupVersion: string): Fields | undefined {
  const found = kinds.filter((kind) => groupVersionOf(kind) === groupVersion);
  if (found.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: found.flatMap((kind) => [
      {
        name: kind.resource,
        singularName: kind.singular,
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs,
        ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
        ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
      },
      ...kind.subresources.map((subresource) => ({
        name: `${kind.resource}/${subresource}`,
        singularName: '',
        namespaced: kind.namespaced,
        ...(subresource === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : { kind: kind.kind }),
        verbs: ['get', 'patch', 'update'],
      })),
    ]),
  };
}

function groupsOf(kinds: readonly ResourceKind[], root: 'api' | 'apis'): string[] {
  return [...new Set(kinds.map(({ group }) => group))].filter((group) => (group === '') === (root === 'api'));
}

function versionsOf(kinds: readonly ResourceKind[], group: string): string[] {
  return [...new Set(kinds.filter((kind) => kind.group === group).map(({ version }) => version))];
}
