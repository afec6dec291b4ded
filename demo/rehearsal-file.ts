import { resolvePath } from '../src/cluster/paths.ts';

/** The part of cluster.yaml that a rehearsal changes, as written. */
interface WrittenCluster {
  endpoint: string;
  vip: { address: string };
  folder: string;
  nodes: { address: string; maintenanceAddress?: string; patches?: string[] }[];
  patches?: Record<string, string[]>;
  afterBootstrap?: { manifests?: string[]; commands?: string[][] };
  talosconfig?: string;
  merge?: unknown;
  notify?: unknown;
}

export interface Rehearsal {
  /** The content of the copy. */
  readonly cluster: unknown;
  /** What differs from the file besides addresses and paths, for the person. */
  readonly remarks: readonly string[];
}

/**
 * A copy of a cluster file for simulated machines: addresses moved to a loopback subnet, the folder to another one,
 * paths made absolute. Nothing of it may touch the real world: no command of the file runs, no file of the user is
 * merged into, nobody is sent a message.
 */
export function rehearsalOf(
  written: unknown,
  place: {
    readonly baseFolder: string;
    /** `127.44.17` */
    readonly prefix: string;
    readonly folder: string;
    /** Takes the place of commands that would install the pod network. */
    readonly networkManifest: string;
  },
): Rehearsal {
  const cluster = structuredClone(written) as WrittenCluster;
  const remarks: string[] = [];
  const moved = moveAddresses([...cluster.nodes.map((node) => node.address), cluster.vip.address], place.prefix);
  const absolute = (files: readonly string[]): string[] => files.map((file) => resolvePath(place.baseFolder, file));

  const endpoint = new URL(cluster.endpoint);
  const host = moved.get(endpoint.hostname) ?? moved.get(cluster.vip.address);
  cluster.endpoint = `https://${host}:${endpoint.port || '443'}`;
  cluster.vip.address = moved.get(cluster.vip.address) ?? cluster.vip.address;
  cluster.folder = place.folder;
  for (const node of cluster.nodes) {
    node.address = moved.get(node.address) ?? node.address;
    delete node.maintenanceAddress; // a simulated machine keeps its address
    if (node.patches) node.patches = absolute(node.patches);
  }
  for (const [role, files] of Object.entries(cluster.patches ?? {})) {
    if (cluster.patches) cluster.patches[role] = absolute(files);
  }
  if (cluster.afterBootstrap?.manifests) cluster.afterBootstrap.manifests = absolute(cluster.afterBootstrap.manifests);
  if (cluster.afterBootstrap?.commands?.length) {
    cluster.afterBootstrap.manifests = [...(cluster.afterBootstrap.manifests ?? []), place.networkManifest];
    delete cluster.afterBootstrap.commands;
    remarks.push('the commands after the bootstrap are not run; a manifest stands in for the pod network');
  }
  if (cluster.merge !== undefined) {
    delete cluster.merge;
    remarks.push('nothing is merged into your kubeconfig and talosconfig');
  }
  if (cluster.notify !== undefined) {
    delete cluster.notify;
    remarks.push('nobody is notified');
  }
  delete cluster.talosconfig; // that of the simulated old cluster is in its folder
  return { cluster, remarks };
}

/** Keeps the last number of each address where that is possible, so that people know their machines again. */
export function moveAddresses(addresses: readonly string[], prefix: string): ReadonlyMap<string, string> {
  const lasts = addresses.map((address) => Number(address.split('.').at(-1)));
  const areKept = new Set(lasts).size === lasts.length && lasts.every((last) => last > 1 && last < 255);
  return new Map(addresses.map((address, at) => [address, `${prefix}.${areKept ? lasts[at] : at + 11}`]));
}
