import { isFields, listAt, type KubernetesObject } from './objects.ts';

/** An object as it is read from a request: a secret's `stringData` becomes `data`. */
export function normalized(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'Secret' || !isFields(object['stringData'])) return object;
  const { stringData, ...rest } = object;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  return { ...rest, data: { ...(isFields(object['data']) ? object['data'] : {}), ...Object.fromEntries(encoded) } };
}

/** What the API server fills in when an object is created without it, where clients can tell. */
export function withDefaults(object: KubernetesObject): KubernetesObject {
  const spec = isFields(object['spec']) ? object['spec'] : {};
  switch (object.kind) {
    case 'Namespace': {
      const labels = { 'kubernetes.io/metadata.name': object.metadata.name, ...object.metadata.labels };
      const metadata = { ...object.metadata, labels };
      return { ...object, metadata, spec: { finalizers: ['kubernetes'], ...spec }, status: { phase: 'Active' } };
    }
    case 'Secret':
      return { ...object, type: object['type'] ?? 'Opaque' };
    case 'Service': {
      const ports = listAt(spec, 'ports').map((port) => ({ protocol: 'TCP', targetPort: port['port'], ...port }));
      return {
        ...object,
        spec: { type: 'ClusterIP', sessionAffinity: 'None', ...spec, ports },
        status: { loadBalancer: {} },
      };
    }
    case 'DaemonSet': {
      const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } };
      return { ...object, spec: { updateStrategy, ...spec } };
    }
    case 'Deployment':
    case 'StatefulSet':
    case 'ReplicaSet':
      return { ...object, spec: { replicas: 1, ...spec } };
    case 'Pod':
    case 'PersistentVolumeClaim':
      return { ...object, status: { phase: 'Pending' } };
    default:
      return object;
  }
}
