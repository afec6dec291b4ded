import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { Pair } from './certificates.ts';

/**
 * Writes a kubeconfig as `talosctl kubeconfig` does: one cluster, one user `admin@<cluster>`, one context of that name.
 */
export async function writeKubeconfig(
  path: string,
  { name = 'lab', server, ca, client }: { name?: string; server: string; ca: string; client: Pair | undefined },
): Promise<string> {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const user =
    client === undefined
      ? {}
      : { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [{ name: `admin@${name}`, user }],
    contexts: [{ name: `admin@${name}`, context: { cluster: name, namespace: 'default', user: `admin@${name}` } }],
    'current-context': `admin@${name}`,
  };
  await writeFile(path, stringify(config), { mode: 0o600 });
  return path;
}
