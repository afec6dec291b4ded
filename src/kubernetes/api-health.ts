import { credentialsFor, openKubernetes, refusal, timeoutOf, type KubernetesAccess } from './client.ts';
import { exchange } from './exchange.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { textOf } from './mappings.ts';

/**
 * The version of the API server: proof that it answers, that it takes the credentials, and that its certificate is the
 * cluster's and valid for the address. Throws KubernetesError.
 */
export async function readApiVersion(access: KubernetesAccess): Promise<{ gitVersion: string }> {
  const client = await openKubernetes(access);
  const { gitVersion } = await client.read('/version');
  return { gitVersion: textOf(gitVersion) };
}

/**
 * Whether a cluster refuses the credentials of a kubeconfig, as a rebuilt one has to refuse the old ones. It has to
 * say so itself, by a 401 or a TLS alert. The old kubeconfig does not know the new CA, so `clusterOf` names one that
 * does. A server that we would not trust has refused nobody: that is KubernetesError `certificate`. Also throws
 * `unreachable` or `timeout` when there was no answer, so that silence is never taken for a refusal, and `refused`
 * when the server had trouble of its own.
 */
export async function isRefused(access: KubernetesAccess & { clusterOf: string }): Promise<boolean> {
  const credentials = await credentialsFor(access);
  const request = { method: 'GET', path: '/version', timeoutMs: timeoutOf(access), signal: access.signal } as const;
  try {
    const answer = await exchange(credentials, request);
    if (answer.status === 401) return true;
    if (answer.status === 200 || answer.status === 403) return false;
    throw refusal(credentials.server.host, answer);
  } catch (error) {
    if (error instanceof KubernetesError && error.kind === 'unauthorized') return true;
    throw error;
  }
}
