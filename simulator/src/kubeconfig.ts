import { stringify } from 'yaml';
import { CertificateAuthority } from './certificates.ts';
import type { MachineConfiguration } from './machine-configuration.ts';

/**
 * The administrator's kubeconfig as a control plane makes it: a fresh client certificate, the
 * cluster endpoint as server.
 */
export async function adminKubeconfig({ cluster }: MachineConfiguration): Promise<string> {
  const ca = await CertificateAuthority.from(cluster.ca);
  const client = await ca.issue({
    usage: 'client',
    commonName: 'admin',
    organizations: ['system:masters'],
    validForMs: 365 * 86_400_000,
  });
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const [user, context] = [`admin@${cluster.name}`, `admin@${cluster.name}`];
  return stringify({
    apiVersion: 'v1',
    clusters: [
      {
        cluster: { 'certificate-authority-data': base64(cluster.ca.certificate), server: cluster.endpoint },
        name: cluster.name,
      },
    ],
    contexts: [{ context: { cluster: cluster.name, namespace: 'default', user }, name: context }],
    'current-context': context,
    kind: 'Config',
    users: [
      {
        name: user,
        user: { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key) },
      },
    ],
  });
}
