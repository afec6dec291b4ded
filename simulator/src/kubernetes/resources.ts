import { customResourceKinds } from './custom-resources.ts';
import type { KubernetesObject } from './objects.ts';
import type { ResourceKind } from './resource-kind.ts';

/**
 * `kind plural scope [short names]`, one a line, by group/version: what a kube-apiserver of
 * today serves and people use.
 */
const builtIn: { [groupVersion: string]: string[] } = {
  v1: [
    'ConfigMap configmaps ns cm',
    'Endpoints endpoints ns ep',
    'Event events ns ev',
    'LimitRange limitranges ns limits',
    'Namespace namespaces cluster ns',
    'Node nodes cluster no',
    'PersistentVolume persistentvolumes cluster pv',
    'PersistentVolumeClaim persistentvolumeclaims ns pvc',
    'Pod pods ns po',
    'PodTemplate podtemplates ns',
    'ReplicationController replicationcontrollers ns rc',
    'ResourceQuota resourcequotas ns quota',
    'Secret secrets ns',
    'Service services ns svc',
    'ServiceAccount serviceaccounts ns sa',
  ],
  'apps/v1': [
    'ControllerRevision controllerrevisions ns',
    'DaemonSet daemonsets ns ds',
    'Deployment deployments ns deploy',
    'ReplicaSet replicasets ns rs',
    'StatefulSet statefulsets ns sts',
  ],
  'batch/v1': ['CronJob cronjobs ns cj', 'Job jobs ns'],
  'rbac.authorization.k8s.io/v1': [
    'ClusterRole clusterroles cluster',
    'ClusterRoleBinding clusterrolebindings cluster',
    'Role roles ns',
    'RoleBinding rolebindings ns',
  ],
  'apiextensions.k8s.io/v1': ['CustomResourceDefinition customresourcedefinitions cluster crd crds'],
  'apiregistration.k8s.io/v1': ['APIService apiservices cluster'],
  'admissionregistration.k8s.io/v1': [
    'MutatingWebhookConfiguration mutatingwebhookconfigurations cluster',
    'ValidatingAdmissionPolicy validatingadmissionpolicies cluster',
    'ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings cluster',
    'ValidatingWebhookConfiguration validatingwebhookconfigurations cluster',
  ],
  'autoscaling/v2': ['HorizontalPodAutoscaler horizontalpodautoscalers ns hpa'],
  'certificates.k8s.io/v1': ['CertificateSigningRequest certificatesigningrequests cluster csr'],
  'coordination.k8s.io/v1': ['Lease leases ns'],
  'discovery.k8s.io/v1': ['EndpointSlice endpointslices ns'],
  'flowcontrol.apiserver.k8s.io/v1': [
    'FlowSchema flowschemas cluster',
    'PriorityLevelConfiguration prioritylevelconfigurations cluster',
  ],
  'networking.k8s.io/v1': [
    'Ingress ingresses ns ing',
    'IngressClass ingressclasses cluster',
    'NetworkPolicy networkpolicies ns netpol',
  ],
  'node.k8s.io/v1': ['RuntimeClass runtimeclasses cluster'],
  'policy/v1': ['PodDisruptionBudget poddisruptionbudgets ns pdb'],
  'scheduling.k8s.io/v1': ['PriorityClass priorityclasses cluster pc'],
  'storage.k8s.io/v1': [
    'CSIDriver csidrivers cluster',
    'CSINode csinodes cluster',
    'CSIStorageCapacity csistoragecapacities ns',
    'StorageClass storageclasses cluster sc',
    'VolumeAttachment volumeattachments cluster',
  ],
};

const inCategoryAll = new Set(
  'pods services daemonsets deployments replicasets statefulsets jobs cronjobs replicationcontrollers horizontalpodautoscalers'.split(
    ' ',
  ),
);
const scalable = new Set(['deployments', 'replicasets', 'statefulsets', 'replicationcontrollers']);
const withoutStatus = new Set(
  'configmaps secrets events endpoints endpointslices limitranges podtemplates serviceaccounts controllerrevisions leases'.split(
    ' ',
  ),
);

const builtInKinds: readonly ResourceKind[] = Object.entries(builtIn).flatMap(([groupVersion, lines]) =>
  lines.map((line) => {
    const [kind = '', resource = '', scope, ...shortNames] = line.split(' ');
    return {
      ...splitGroupVersion(groupVersion),
      resource,
      singular: kind.toLowerCase(),
      kind,
      isCustom: false,
      namespaced: scope === 'ns',
      shortNames,
      categories: inCategoryAll.has(resource) ? ['all'] : [],
      subresources: [
        ...(withoutStatus.has(resource) ? [] : (['status'] as const)),
        ...(scalable.has(resource) ? (['scale'] as const) : []),
      ],
    };
  }),
);

/** All kinds that are served now: the built-in ones and those of the definitions given. */
export function resourceKinds(definitions: readonly KubernetesObject[]): ResourceKind[] {
  return [...builtInKinds, ...definitions.flatMap(customResourceKinds)];
}

export function groupVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

export function splitGroupVersion(groupVersion: string): { group: string; version: string } {
  const [first = '', second] = groupVersion.split('/');
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}
