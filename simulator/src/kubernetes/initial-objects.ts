import type { KubernetesObject } from './objects.ts';
import type { ObjectAddress } from './object-store.ts';
import { splitGroupVersion } from './resources.ts';

interface InitialObject {
  address: ObjectAddress;
  object: KubernetesObject;
}

/** What every new cluster holds before anybody has applied anything. */
export function initialObjects(): InitialObject[] {
  return [
    ...['default', 'kube-node-lease', 'kube-public', 'kube-system'].map(namespace),
    kubernetesService(),
    ...['default', 'kube-node-lease', 'kube-public', 'kube-system'].map(serviceAccount),
    clusterAdmin(),
    clusterAdminBinding(),
    ...['system-cluster-critical', 'system-node-critical'].map(priorityClass),
  ];
}

function at(resource: string, namespaceName: string, object: KubernetesObject): InitialObject {
  const { group } = splitGroupVersion(object.apiVersion);
  return { address: { group, resource, namespace: namespaceName, name: object.metadata.name }, object };
}

function namespace(name: string): InitialObject {
  return at('namespaces', '', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
}

function serviceAccount(namespaceName: string): InitialObject {
  const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: namespaceName } };
  return at('serviceaccounts', namespaceName, object);
}

function kubernetesService(): InitialObject {
  return at('services', 'default', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
    },
    status: { loadBalancer: {} },
  });
}

function clusterAdmin(): InitialObject {
  return at('clusterroles', '', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'cluster-admin', labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } },
    rules: [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ],
  });
}

function clusterAdminBinding(): InitialObject {
  return at('clusterrolebindings', '', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'cluster-admin', labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:masters' }],
  });
}

function priorityClass(name: string): InitialObject {
  return at('priorityclasses', '', {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value: name === 'system-node-critical' ? 2_000_001_000 : 2_000_000_000,
    preemptionPolicy: 'PreemptLowerPriority',
  });
}
