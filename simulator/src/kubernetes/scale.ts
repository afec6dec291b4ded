import { isFields, numberAt, type Fields, type KubernetesObject } from './objects.ts';
import { mergePatch } from './patches.ts';
import { parsed, type ApiRequest } from './requests.ts';
import { badRequest, notFound } from './status.ts';
import type { ObjectAddress } from './object-store.ts';
import type { KubernetesStore } from './store.ts';

/** An object's `scale` subresource, by which kubectl and autoscalers change how many replicas it has. */
export function getScale(object: KubernetesObject): Fields {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, 'spec', 'replicas') },
    status: { replicas: numberAt(object, 'status', 'replicas') },
  };
}

export function setScale(store: KubernetesStore, address: ObjectAddress, request: ApiRequest): Fields {
  const object = store.get(address);
  if (object === undefined) throw notFound(address);
  const scale = mergePatch(getScale(object), parsed(request.body, false));
  if (!isFields(scale)) throw badRequest('the scale is no object');
  const spec = isFields(object['spec']) ? object['spec'] : {};
  return getScale(store.put(address, { ...object, spec: { ...spec, replicas: numberAt(scale, 'spec', 'replicas') } }));
}
