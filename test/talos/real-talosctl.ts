import type { ClusterDefinition, NodeDefinition, NodeRole } from '../../src/run/cluster-definition.ts';
import type { Talosctl } from '../../src/talos/access.ts';
import { talosctl as program } from '../programs/talosctl.ts';

/** The real binary, as the product deals with it. */
export const talosctl: Talosctl = { binary: program };

const timeouts = { resetMs: 1000, applyMs: 1000, bootstrapMs: 1000, verifyMs: 1000 };

export function nodeDefinition(
  name: string,
  role: NodeRole,
  address: string,
  rest: Partial<NodeDefinition> = {},
): NodeDefinition {
  return {
    name,
    role,
    address,
    link: 'end0',
    installDisk: '/dev/mmcblk0',
    installImage:
      'factory.talos.dev/installer/ee21ef4a5ef808a9b7484cc0dda0f25075021691c8c09a276591eedb638ea1f9:v1.13.9',
    macs: [],
    patches: [],
    unreadableVolumes: [],
    timeouts,
    ...rest,
  };
}

/** Three control planes and a worker, without patches. */
export function clusterOf(rest: Partial<ClusterDefinition> = {}): ClusterDefinition {
  return {
    name: 'talos-k8s-cluster',
    endpoint: 'https://192.168.1.10:6443',
    vip: { address: '192.168.1.10', link: 'end0' },
    talos: { version: 'v1.13.9' },
    kubernetes: { version: '1.36.0' },
    folder: '/nowhere',
    secrets: 'new',
    nodes: [
      nodeDefinition('pi-11', 'controlplane', '192.168.1.11'),
      nodeDefinition('pi-12', 'controlplane', '192.168.1.12'),
      nodeDefinition('pi-13', 'controlplane', '192.168.1.13'),
      nodeDefinition('pi-14', 'worker', '192.168.1.14'),
    ],
    patches: { all: [], controlplane: [], worker: [] },
    afterBootstrap: { manifests: [], commands: [] },
    dropped: [],
    approval: { before: ['reset'], expiresMs: 1000, remindEveryMs: 1000 },
    notify: [],
    failover: { budgetMs: 60_000 },
    timeouts,
    merge: {},
    ...rest,
  };
}
