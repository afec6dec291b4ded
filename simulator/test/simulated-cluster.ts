import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createKubernetesApi, type KubernetesApi, type KubernetesApiOptions } from '../src/kubernetes/api.ts';
import { KubernetesStore, type KubernetesStoreOptions } from '../src/kubernetes/store.ts';
import { createAuthority, type Authority, type Pair } from './certificates.ts';
import { writeKubeconfig } from './kubeconfigs.ts';
import { newFolder, removeFolder } from '../../test/temporary-folder.ts';

export const PORT = 6443;

/** A simulated cluster with one API server, gone when the test ends. */
export interface SimulatedCluster {
  store: KubernetesStore;
  api: KubernetesApi;
  authority: Authority;
  serving: Pair;
  /** The address that the kubeconfig names. */
  host: string;
  kubeconfig: string;
  folder: string;
}

let last = 0;

/**
 * An address of its own for every server, so that nothing waits for a port; test files run as processes of their own.
 */
export function freshAddress(): string {
  last += 1;
  return `127.77.${process.pid % 251}.${last}`;
}

export async function startCluster(
  t: TestContext,
  options: {
    addresses?: string[];
    store?: KubernetesStoreOptions;
    onRequest?: KubernetesApiOptions['onRequest'];
  } = {},
): Promise<SimulatedCluster> {
  const host = freshAddress();
  const folder = await newFolder();
  const authority = await createAuthority();
  const serving = await authority.serving([host, ...(options.addresses ?? [])]);
  const store = new KubernetesStore(options.store);
  const { onRequest } = options;
  const api = createKubernetesApi({
    store,
    serving,
    clientCa: authority.certificate,
    version: 'v1.36.0',
    ...(onRequest === undefined ? {} : { onRequest }),
  });
  t.after(async () => {
    await api.close();
    await removeFolder(folder);
  });
  await api.listen(host, PORT);
  const kubeconfig = await writeKubeconfig(join(folder, 'kubeconfig'), {
    server: `https://${host}:${PORT}`,
    ca: authority.certificate,
    client: await authority.client('admin', 'system:masters'),
  });
  return { store, api, authority, serving, host, kubeconfig, folder };
}
