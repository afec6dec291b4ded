import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { type ClusterFolder, openFolder } from '../src/cluster/folder.ts';
import { makeDatedFolder, switchLink } from '../src/cluster/links.ts';
import { configurationOf, setNamed } from '../src/cluster/sets.ts';
import { type ClusterDefinition, controlPlanes } from '../src/run/cluster-definition.ts';
import type { Talosctl } from '../src/talos/access.ts';
import { genSecrets, genTalosconfig } from '../src/talos/generate.ts';
import { runTalosctl } from '../src/talos/talosctl.ts';

/** The cluster that is to be rebuilt, as it would have been made by hand. */
export interface OldCluster {
  readonly folder: ClusterFolder;
  /** Complete machine configurations by node name. */
  readonly configurations: ReadonlyMap<string, string>;
}

/**
 * Makes an old cluster with the real `talosctl`, the way people begin: its endpoint is the first control plane,
 * it has no VIP, no patches and secrets of its own, which are drawn unless they are given. Its set is the current
 * one in the cluster's folder.
 */
export async function makeOldCluster(
  talosctl: Talosctl,
  definition: ClusterDefinition,
  secrets?: string,
): Promise<OldCluster> {
  const folder = await openFolder(definition.folder);
  const set = setNamed(folder, await makeDatedFolder(folder.sets, new Date()));
  const [first] = controlPlanes(definition.nodes);
  if (first === undefined) throw new Error('a cluster has a control plane');
  const old = { ...definition, endpoint: `https://${first.address}:6443` };
  await mkdir(set.nodes, { mode: 0o700 });
  if (secrets !== undefined) await writeFile(set.secrets, secrets, { mode: 0o600 });
  await genSecrets(talosctl, set.secrets, definition.talos.version);
  await genTalosconfig(talosctl, old, set.secrets, set.talosconfig);
  const contract = ['--talos-version', definition.talos.version.replace(/\.\d+$/, '')];
  const configurations = new Map<string, string>();
  for (const node of definition.nodes) {
    const file = configurationOf(set, node.name);
    const hostname = { apiVersion: 'v1alpha1', kind: 'HostnameConfig', hostname: node.name, auto: 'off' };
    const from = ['gen', 'config', old.name, old.endpoint, '--with-secrets', set.secrets, ...contract];
    const to = ['-t', node.role, '-o', file, '--with-docs=false', '--with-examples=false'];
    const versions = ['--kubernetes-version', definition.kubernetes.version, '--install-image', node.installImage];
    const own = ['--install-disk', node.installDisk, '--config-patch', stringify(hostname)];
    await runTalosctl(talosctl, [...from, ...to, ...versions, ...own], { timeoutMs: 60_000 });
    await chmod(file, 0o600); // talosctl lets everybody read it
    configurations.set(node.name, await readFile(file, 'utf8'));
  }
  await switchLink(folder.path, 'automation', set.name);
  return { folder, configurations };
}
