import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Cluster, runTalosctl, secretsOf } from '../drawn-secrets.ts';

/**
 * Real secrets of a cluster and what the real talosctl makes of them: `secrets.yaml` and `talosconfig`, as a set or a
 * folder of the user's has them.
 */
export async function makeRealSet(folder: string, cluster: Cluster, context = 'home'): Promise<void> {
  await mkdir(folder, { recursive: true });
  const secrets = path.join(folder, 'secrets.yaml');
  await writeFile(secrets, await secretsOf(cluster));
  const from = ['gen', 'config', context, 'https://127.0.0.1:6443', '--with-secrets', secrets];
  await runTalosctl(...from, '-t', 'talosconfig', '-o', path.join(folder, 'talosconfig'));
}
