import type { PersistentVolume } from '../run/plan/persistent-volume-fate.ts';
import { openKubernetes, type KubernetesAccess } from './client.ts';
import { mappingAt, mappingsIn, textOf, type Mapping } from './mappings.ts';

/** All PersistentVolumes of a cluster, by name. Throws KubernetesError. */
export async function readPersistentVolumes(access: KubernetesAccess): Promise<PersistentVolume[]> {
  const client = await openKubernetes(access);
  const { items } = await client.read('/api/v1/persistentvolumes');
  return mappingsIn(items)
    .map(persistentVolume)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function persistentVolume(object: Mapping): PersistentVolume {
  const spec = mappingAt(object, 'spec');
  const claim = mappingAt(spec, 'claimRef');
  const named = textOf(claim['name']);
  return {
    name: textOf(mappingAt(object, 'metadata')['name']),
    claim: named === '' ? '' : `${textOf(claim['namespace'])}/${named}`,
    capacity: textOf(mappingAt(spec, 'capacity')['storage']),
    storage: storageOf(spec),
    nodes: nodesOf(spec),
  };
}

const networkTypes = ['nfs', 'iscsi', 'cephfs', 'rbd', 'fc', 'glusterfs'];

function storageOf(spec: Mapping): PersistentVolume['storage'] {
  const path = textOf(mappingAt(spec, 'local')['path']) || textOf(mappingAt(spec, 'hostPath')['path']);
  if (path !== '') return { kind: 'path', path };
  const driver = textOf(mappingAt(spec, 'csi')['driver']);
  const network = networkTypes.find((type) => spec[type] !== undefined);
  return network === undefined
    ? { kind: 'csi', driver: driver || 'an unknown driver' }
    : { kind: 'network', type: network };
}

/** Provisioners of local volumes tie them to the node's name or to its label `kubernetes.io/hostname`. */
function nodesOf(spec: Mapping): string[] {
  const required = mappingAt(mappingAt(spec, 'nodeAffinity'), 'required');
  const names = mappingsIn(required['nodeSelectorTerms'])
    .flatMap((term) => [...mappingsIn(term['matchExpressions']), ...mappingsIn(term['matchFields'])])
    .filter(({ key, operator }) => (key === 'kubernetes.io/hostname' || key === 'metadata.name') && operator === 'In')
    .flatMap(({ values }) => (Array.isArray(values) ? values.map(String) : []));
  return [...new Set(names)];
}
