import { exchange, type Answer, type Exchange } from './exchange.ts';
import { readKubeconfig, serverUrl, type Credentials } from './kubeconfig.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { isMapping, textOf, type Mapping } from './mappings.ts';

/** Which API server to talk to, and how. */
export interface KubernetesAccess {
  /** Path of a kubeconfig file. */
  kubeconfig: string;
  /** One control plane's own address instead of the endpoint in the kubeconfig, as `https://192.168.1.11:6443`. */
  server?: string;
  /**
   * Path of a kubeconfig that says which cluster it is and which CA to trust, where `kubeconfig` is only for
   * the client's credentials.
   */
  clusterOf?: string;
  /** For each request; default 10 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface KubernetesClient {
  /** Host and port, for messages. */
  host: string;
  /** The namespace for objects that name none. */
  namespace: string;
  /** Sends one request; any HTTP status is an answer. */
  send(request: Omit<Exchange, 'timeoutMs' | 'signal'>): Promise<Answer>;
  /** Reads one path. Throws `unauthorized` for 401 and `refused` for any other answer than success. */
  read(path: string): Promise<Mapping>;
}

/** Opens a kubeconfig; nothing is sent yet. Throws KubernetesError `invalid` if it cannot be used. */
export async function openKubernetes(access: KubernetesAccess): Promise<KubernetesClient> {
  const credentials = await credentialsFor(access);
  const send: KubernetesClient['send'] = (request) =>
    exchange(credentials, { ...request, timeoutMs: timeoutOf(access), signal: access.signal });
  return {
    host: credentials.server.host,
    namespace: credentials.namespace,
    send,
    read: async (path) => {
      const answer = await send({ method: 'GET', path });
      if (answer.status !== 200) throw refusal(credentials.server.host, answer);
      return jsonIn(credentials.server.host, answer);
    },
  };
}

/** How long one request may take where its caller names no time, in ms. */
export const requestTimeoutMs = 10_000;

export function timeoutOf({ timeoutMs }: KubernetesAccess): number {
  return timeoutMs ?? requestTimeoutMs;
}

/** The credentials of a kubeconfig, for the address that is meant. */
export async function credentialsFor({ kubeconfig, clusterOf, server }: KubernetesAccess): Promise<Credentials> {
  const credentials = await readKubeconfig(kubeconfig, clusterOf);
  return server === undefined ? credentials : { ...credentials, server: serverUrl(server, `server ${server}`) };
}

/** An answer other than success as an error; `where` is host and port. */
export function refusal(where: string, { status, body }: Answer): KubernetesError {
  const api = `the Kubernetes API at ${where}`;
  if (status === 401) {
    return new KubernetesError('unauthorized', `${api}: it does not know the credentials of the kubeconfig (401)`, 401);
  }
  const said = reasonIn(body);
  return new KubernetesError('refused', `${api}: it answered ${status}${said === '' ? '' : `: ${said}`}`, status);
}

/** What a Kubernetes `Status` object says, on one line; empty if the text is no such object. */
export function reasonIn(body: string): string {
  try {
    const status: unknown = JSON.parse(body);
    return isMapping(status) ? textOf(status['message']).replaceAll(/\s+/g, ' ').slice(0, 500) : '';
  } catch {
    return '';
  }
}

function jsonIn(where: string, { body }: Answer): Mapping {
  try {
    const value: unknown = JSON.parse(body);
    if (isMapping(value)) return value;
  } catch {
    // Falls through: what is no JSON is no answer of an API server either.
  }
  throw new KubernetesError('refused', `the Kubernetes API at ${where}: its answer is no JSON object`, 200);
}
