import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type LoadedCluster, loadCluster } from '../src/cluster/load-cluster.ts';
import { rehearsalOf } from './rehearsal-file.ts';

export interface RehearsalFolder extends Pick<LoadedCluster, 'definition'> {
  /** Everything that the demo writes is in here, and stays for the person to look at. */
  readonly path: string;
  readonly clusterFile: string;
  readonly remarks: readonly string[];
}

/** Stands in for commands that would install the pod network: nodes become Ready once some network is there. */
const networkManifest = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'rehearsal-network', namespace: 'kube-system' },
  spec: {
    selector: { matchLabels: { app: 'rehearsal-network' } },
    template: {
      metadata: { labels: { app: 'rehearsal-network' } },
      spec: { hostNetwork: true, containers: [{ name: 'network', image: 'rehearsal/network' }] },
    },
  },
};

/**
 * Copies a cluster file, which is checked first, into a new temporary folder for simulated machines at
 * these loopback addresses.
 */
export async function makeRehearsalFolder(clusterFile: string, prefix: string): Promise<RehearsalFolder> {
  await loadCluster(clusterFile);
  const path = await mkdtemp(join(tmpdir(), 'talos-rebuild-demo-')); // 0700
  const manifest = join(path, 'network.yaml');
  await writeFile(manifest, stringify(networkManifest));
  const { cluster, remarks } = rehearsalOf(parse(await readFile(clusterFile, 'utf8')), {
    baseFolder: dirname(clusterFile),
    prefix,
    folder: join(path, 'cluster'),
    networkManifest: manifest,
  });
  const copy = join(path, 'cluster.yaml');
  await writeFile(copy, stringify(cluster));
  return { path, clusterFile: copy, remarks, definition: (await loadCluster(copy)).definition };
}
