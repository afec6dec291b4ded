import { parse, Type } from 'protobufjs';
import { isFields, textAt, timestamp, type Fields } from './objects.ts';
import { badRequest, unsupportedMediaType } from './status.ts';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/**
 * What `kubectl create` and Go clients with types send by default, as far as it is served here; field numbers are those
 * of the `generated.proto` files of k8s.io/api and k8s.io/apimachinery. All other writes of kubectl are JSON.
 */
const { root } = parse(`
syntax = "proto2";
message Unknown { optional TypeMeta typeMeta = 1; optional bytes raw = 2; optional string contentEncoding = 3; optional string contentType = 4; }
message TypeMeta { optional string apiVersion = 1; optional string kind = 2; }
message Time { optional int64 seconds = 1; optional int32 nanos = 2; }
message IntOrString { optional int64 type = 1; optional int32 intVal = 2; optional string strVal = 3; }
message Named { optional string name = 1; }
message Empty {}
message ObjectMeta {
  optional string name = 1; optional string generateName = 2; optional string namespace = 3; optional string selfLink = 4;
  optional string uid = 5; optional string resourceVersion = 6; optional int64 generation = 7;
  optional Time creationTimestamp = 8; optional Time deletionTimestamp = 9; optional int64 deletionGracePeriodSeconds = 10;
  map<string, string> labels = 11; map<string, string> annotations = 12; repeated string finalizers = 14;
}
message LabelSelector { map<string, string> matchLabels = 1; }
message Preconditions { optional string uid = 1; optional string resourceVersion = 2; }
message DeleteOptions {
  optional int64 gracePeriodSeconds = 1; optional Preconditions preconditions = 2; optional bool orphanDependents = 3;
  optional string propagationPolicy = 4; repeated string dryRun = 5;
}
message Eviction { optional ObjectMeta metadata = 1; optional DeleteOptions deleteOptions = 2; }
message Namespace { optional ObjectMeta metadata = 1; optional NamespaceSpec spec = 2; optional NamespaceStatus status = 3; }
message NamespaceSpec { repeated string finalizers = 1; }
message NamespaceStatus { optional string phase = 1; }
message Secret {
  optional ObjectMeta metadata = 1; map<string, bytes> data = 2; optional string type = 3;
  map<string, string> stringData = 4; optional bool immutable = 5;
}
message ConfigMap {
  optional ObjectMeta metadata = 1; map<string, string> data = 2; map<string, bytes> binaryData = 3; optional bool immutable = 4;
}
message ServiceAccount {
  optional ObjectMeta metadata = 1; repeated Named imagePullSecrets = 3; optional bool automountServiceAccountToken = 4;
}
message PolicyRule {
  repeated string verbs = 1; repeated string apiGroups = 2; repeated string resources = 3;
  repeated string resourceNames = 4; repeated string nonResourceURLs = 5;
}
message RoleRef { optional string apiGroup = 1; optional string kind = 2; optional string name = 3; }
message Subject { optional string kind = 1; optional string apiGroup = 2; optional string name = 3; optional string namespace = 4; }
message Role { optional ObjectMeta metadata = 1; repeated PolicyRule rules = 2; }
message ClusterRole { optional ObjectMeta metadata = 1; repeated PolicyRule rules = 2; }
message RoleBinding { optional ObjectMeta metadata = 1; repeated Subject subjects = 2; optional RoleRef roleRef = 3; }
message ClusterRoleBinding { optional ObjectMeta metadata = 1; repeated Subject subjects = 2; optional RoleRef roleRef = 3; }
message ServicePort {
  optional string name = 1; optional string protocol = 2; optional int32 port = 3; optional IntOrString targetPort = 4; optional int32 nodePort = 5;
}
message ServiceSpec {
  repeated ServicePort ports = 1; map<string, string> selector = 2; optional string clusterIP = 3; optional string type = 4;
  optional string sessionAffinity = 7; optional string loadBalancerIP = 8; optional string externalName = 10;
  optional string externalTrafficPolicy = 11; optional int32 healthCheckNodePort = 12; optional bool publishNotReadyAddresses = 13;
}
message ServiceStatus { optional Empty loadBalancer = 1; }
message Service { optional ObjectMeta metadata = 1; optional ServiceSpec spec = 2; optional ServiceStatus status = 3; }
message ContainerPort {
  optional string name = 1; optional int32 hostPort = 2; optional int32 containerPort = 3; optional string protocol = 4; optional string hostIP = 5;
}
message EnvVar { optional string name = 1; optional string value = 2; }
message Container {
  optional string name = 1; optional string image = 2; repeated string command = 3; repeated string args = 4;
  optional string workingDir = 5; repeated ContainerPort ports = 6; repeated EnvVar env = 7; optional Empty resources = 8;
  optional string terminationMessagePath = 13; optional string imagePullPolicy = 14; optional bool stdin = 16;
  optional bool stdinOnce = 17; optional bool tty = 18; optional string terminationMessagePolicy = 20;
}
message PodSpec {
  repeated Container containers = 2; optional string restartPolicy = 3; optional string dnsPolicy = 6;
  map<string, string> nodeSelector = 7; optional string serviceAccountName = 8; optional string serviceAccount = 9;
  optional string nodeName = 10; optional bool hostNetwork = 11; optional bool hostPID = 12; optional bool hostIPC = 13;
  optional string hostname = 16; optional string subdomain = 17; optional string schedulerName = 19; optional string priorityClassName = 24;
}
message PodTemplateSpec { optional ObjectMeta metadata = 1; optional PodSpec spec = 2; }
message DeploymentStrategy { optional string type = 1; }
message DeploymentSpec {
  optional int32 replicas = 1; optional LabelSelector selector = 2; optional PodTemplateSpec template = 3;
  optional DeploymentStrategy strategy = 4; optional int32 minReadySeconds = 5; optional bool paused = 7;
}
message DeploymentStatus {
  optional int64 observedGeneration = 1; optional int32 replicas = 2; optional int32 updatedReplicas = 3;
  optional int32 availableReplicas = 4; optional int32 unavailableReplicas = 5; optional int32 readyReplicas = 7;
}
message Deployment { optional ObjectMeta metadata = 1; optional DeploymentSpec spec = 2; optional DeploymentStatus status = 3; }
`);

/** An object in Kubernetes' protobuf form. Throws 415 for kinds and fields that are not served in that form here. */
export function fromProtobuf(body: Buffer): Fields {
  const MAGIC = 'k8s\0';
  if (body.subarray(0, 4).toString('latin1') !== MAGIC)
    throw badRequest('the object provided is unrecognized: no protobuf');
  const envelope = read(root.lookupType('Unknown'), body.subarray(4));
  const { apiVersion, kind } = (isFields(envelope['typeMeta']) ? envelope['typeMeta'] : {}) as {
    [field: string]: string;
  };
  const type = kind === undefined ? null : root.get(kind);
  if (!(type instanceof Type)) throw notInThisForm();
  const raw = Buffer.from(textAt(envelope, 'raw'), 'base64');
  return { apiVersion, kind, ...(asJson(read(type, raw)) as Fields) };
}

function notInThisForm(): Error {
  return unsupportedMediaType(['application/json', 'application/yaml']);
}

function read(type: Type, bytes: Uint8Array): Fields {
  try {
    const message = type.decode(bytes);
    // A field that is not in the definitions above is lost on the way: better refused than forgotten.
    if (type.encode(message).finish().length !== bytes.length) throw notInThisForm();
    return type.toObject(message, { longs: Number, bytes: String });
  } catch (error) {
    if (error instanceof RangeError) throw badRequest('the object provided is unrecognized: broken protobuf');
    throw error;
  }
}

const maps = new Set([
  'labels',
  'annotations',
  'data',
  'binaryData',
  'stringData',
  'matchLabels',
  'nodeSelector',
  'selector',
]);

/**
 * Go writes empty strings, zeros and absent times too; in JSON they are left out, but not where a key leads to them.
 */
function asJson(value: unknown, field = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => asJson(item));
  if (!isFields(value) || maps.has(field)) return value;
  if (field.endsWith('Timestamp')) {
    return 'seconds' in value ? timestamp(new Date(Number(value['seconds']) * 1000)) : undefined;
  }
  if (field === 'targetPort') return value['type'] === 1 ? value['strVal'] : value['intVal'];
  const kept = Object.entries(value)
    .map(([name, inner]): [string, unknown] => [name, asJson(inner, name)])
    .filter(([name, inner]) => !isEmpty(inner) && !(name === 'generation' && inner === 0));
  return Object.fromEntries(kept);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (isFields(value) && Object.keys(value).length === 0);
}
