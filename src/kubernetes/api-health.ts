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
 * Whether a cluster refuses the credentials of a kubeconfig, as a rebuilt one has to refuse the old ones. The server's own
 * certificate is not checked here: the old kubeconfig does not know the new CA, and that alone would say nothing about whom
 * the server lets in. Throws KubernetesError `unreachable` or `timeout` when there was no answer, so that silence is never
 * taken for a refusal, and `refused` when the server had trouble of its own. A token is only ever sent to a server that is
 * checked: with one, the error can also be `certificate`.
 */
export async function isRefused(access: KubernetesAccess): Promise<boolean> {
  const credentials = await credentialsFor(access);
  const request = { method: 'GET', path: '/version', timeoutMs: timeoutOf(access), signal: access.signal } as const;
  try {
    const answer = await exchange(credentials, { ...request, checkServer: credentials.token !== undefined });
    if (answer.status === 401) return true;
    if (answer.status === 200 || answer.status === 403) return false;
    throw refusal(credentials.server.host, answer);
  } catch (error) {
    if (error instanceof KubernetesError && error.kind === 'unauthorized') return true;
    throw error;
  }
}
