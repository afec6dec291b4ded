import { isFields, sameJson, type Fields } from './objects.ts';

/**
 * The lists in Kubernetes objects whose items are told apart by keys, by the name of the field that holds them:
 * strategic merge patches and server-side apply merge these item by item and replace all others whole. A kube-apiserver
 * takes this from its schemas; the names are unambiguous enough for the kinds served here. Of several alternatives, the
 * first whose first field all items have is taken.
 */
const keys: { [field: string]: readonly (readonly string[])[] } = {
  conditions: [['type']],
  containers: [['name']],
  initContainers: [['name']],
  ephemeralContainers: [['name']],
  env: [['name']],
  volumes: [['name']],
  volumeMounts: [['mountPath']],
  volumeDevices: [['devicePath']],
  imagePullSecrets: [['name']],
  hostAliases: [['ip']],
  ownerReferences: [['uid']],
  secrets: [['name']],
  webhooks: [['name']],
  addresses: [['type']],
  topologySpreadConstraints: [['topologyKey', 'whenUnsatisfiable']],
  ports: [
    ['containerPort', 'protocol'],
    ['port', 'protocol'],
  ],
};

/** Gives the identity of an item within its list, for example `{ name: 'main' }`. */
export type Identify = (item: Fields) => Fields;

/**
 * How the items of a list are told apart, judged by its field and items; undefined for a list that is replaced whole.
 */
export function identityIn(field: string, items: readonly unknown[]): Identify | undefined {
  const found = keys[field]?.find(([first = '']) => items.every((item) => isFields(item) && first in item));
  if (found === undefined) return undefined;
  return (item) => {
    const named = found.map((key) => [key, item[key] ?? (key === 'protocol' ? 'TCP' : undefined)]);
    return Object.fromEntries(named.filter(([, value]) => value !== undefined)) as Fields;
  };
}

/** The place in a list of the item with the same identity as the given one, or -1. */
export function indexOfSame(list: readonly unknown[], item: Fields, identify: Identify): number {
  return list.findIndex((one) => isFields(one) && sameJson(identify(one), identify(item)));
}
