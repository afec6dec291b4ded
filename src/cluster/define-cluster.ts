import type { ClusterDefinition, NodeDefinition, Notifier, Timeouts } from '../run/cluster-definition.ts';
import { resolvePath } from './paths.ts';
import type { ClusterFile } from './schema.ts';

const defaultTimeouts: Timeouts = {
  resetMs: 15 * 60_000,
  applyMs: 10 * 60_000,
  bootstrapMs: 10 * 60_000,
  verifyMs: 20 * 60_000,
};

/** Makes the definition out of a checked cluster.yaml: paths start at `base`, machines inherit what they do not say. */
export function defineCluster(file: ClusterFile, base: string): ClusterDefinition {
  const resolve = (named: string): string => resolvePath(base, named);
  const timeouts = mergeTimeouts(defaultTimeouts, file.timeouts);
  return {
    name: file.name,
    endpoint: file.endpoint,
    vip: file.vip,
    talos: { version: file.talos.version },
    kubernetes: file.kubernetes,
    folder: resolve(file.folder),
    ...(file.talosconfig === undefined ? {} : { talosconfig: resolve(file.talosconfig) }),
    secrets: file.secrets,
    nodes: file.nodes.map((node) => defineNode(file, node, timeouts, resolve)),
    patches: {
      all: file.patches.all.map(resolve),
      controlplane: file.patches.controlplane.map(resolve),
      worker: file.patches.worker.map(resolve),
    },
    ...(file.bootstrapNode === undefined ? {} : { bootstrapNode: file.bootstrapNode }),
    afterBootstrap: { manifests: file.afterBootstrap.manifests.map(resolve), commands: file.afterBootstrap.commands },
    dropped: file.dropped,
    approval: {
      before: file.approval.before,
      expiresMs: file.approval.expires,
      remindEveryMs: file.approval.remindEvery,
    },
    notify: file.notify.map(defineNotifier),
    failover: { budgetMs: file.failover.budget },
    timeouts,
    merge: {
      ...(file.merge.kubeconfig === undefined ? {} : { kubeconfig: resolve(file.merge.kubeconfig) }),
      ...(file.merge.talosconfig === undefined ? {} : { talosconfig: resolve(file.merge.talosconfig) }),
    },
  };
}

function defineNode(
  file: ClusterFile,
  node: ClusterFile['nodes'][number],
  timeouts: Timeouts,
  resolve: (named: string) => string,
): NodeDefinition {
  return {
    name: node.name,
    role: node.role,
    address: node.address,
    ...(node.maintenanceAddress === undefined ? {} : { maintenanceAddress: node.maintenanceAddress }),
    link: node.link ?? file.vip.link,
    installDisk: stated(node.installDisk ?? file.talos.installDisk, 'installDisk'),
    installImage: stated(node.installImage ?? file.talos.installImage, 'installImage'),
    macs: node.macs,
    patches: node.patches.map(resolve),
    timeouts: mergeTimeouts(timeouts, node.timeouts),
    ...(node.eraseDisk === undefined ? {} : { eraseDisk: node.eraseDisk }),
    unreadableVolumes: node.unreadableVolumes,
  };
}

function defineNotifier({ command, url, urlEnv, tokenEnv, format = 'json' }: ClusterFile['notify'][number]): Notifier {
  if (command !== undefined) return { kind: 'command', command };
  return {
    kind: 'webhook',
    url: urlEnv === undefined ? { value: stated(url, 'url') } : { env: urlEnv },
    ...(tokenEnv === undefined ? {} : { tokenEnv }),
    format,
  };
}

function mergeTimeouts(base: Timeouts, over: ClusterFile['nodes'][number]['timeouts']): Timeouts {
  return {
    resetMs: over?.reset ?? base.resetMs,
    applyMs: over?.apply ?? base.applyMs,
    bootstrapMs: over?.bootstrap ?? base.bootstrapMs,
    verifyMs: over?.verify ?? base.verifyMs,
  };
}

function stated(value: string | undefined, key: string): string {
  if (value === undefined) throw new TypeError(`${key} is missing: checkCluster has to run before.`);
  return value;
}
