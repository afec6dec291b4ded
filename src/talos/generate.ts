import { readFile, writeFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import type { ClusterDefinition } from '../run/cluster-definition.ts';
import { controlPlanes } from '../run/cluster-definition.ts';
import type { CallOptions, Talosctl } from './access.ts';
import { contractOf } from './own-documents.ts';
import { writeWhole } from './private-file.ts';
import { runTalosctl } from './talosctl.ts';

/**
 * Draws the secrets of a new cluster into `file`, 0600. Secrets that are there are kept, also those that another
 * attempt has just drawn: then it resolves with `kept`. The folder has to exist.
 */
export async function genSecrets(
  talosctl: Talosctl,
  file: string,
  talosVersion: string,
  options: CallOptions = {},
): Promise<'drawn' | 'kept'> {
  const drawn = await writeWhole(
    file,
    async (unfinished) => {
      const args = ['gen', 'secrets', '--force', '--talos-version', contractOf(talosVersion), '-o', unfinished];
      await runTalosctl(talosctl, args, { timeoutMs: 60_000, ...options });
    },
    { replace: false },
  );
  return drawn ? 'drawn' : 'kept';
}

/**
 * Writes a talosconfig with role os:admin, 0600, replacing one that is there. Its endpoints are the addresses of the
 * control planes, never the VIP, which is away whenever etcd is; it names no nodes, so that every call has to. The
 * certificate is a new one each time.
 */
export async function genTalosconfig(
  talosctl: Talosctl,
  cluster: Pick<ClusterDefinition, 'name' | 'endpoint' | 'nodes' | 'talos'>,
  secretsFile: string,
  file: string,
  options: CallOptions = {},
): Promise<void> {
  await writeWhole(
    file,
    async (unfinished) => {
      const args = ['gen', 'config', '--force', '--with-secrets', secretsFile, '-t', 'talosconfig', '-o', unfinished];
      const contract = ['--talos-version', contractOf(cluster.talos.version)];
      await runTalosctl(talosctl, [...args, ...contract, '--', cluster.name, cluster.endpoint], {
        timeoutMs: 60_000,
        ...options,
      });
      const talosconfig = parseDocument(await readFile(unfinished, 'utf8'));
      const context = ['contexts', String(talosconfig.get('context'))];
      talosconfig.setIn(
        [...context, 'endpoints'],
        controlPlanes(cluster.nodes).map((node) => node.address),
      );
      talosconfig.deleteIn([...context, 'nodes']);
      await writeFile(unfinished, talosconfig.toString());
    },
    { replace: true },
  );
}
