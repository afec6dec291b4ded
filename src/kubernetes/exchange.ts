import { request as httpsRequest, type RequestOptions } from 'node:https';
import { checkServerIdentity, type SecureContext } from 'node:tls';
import { connectionError } from './connection-errors.ts';
import type { Credentials } from './kubeconfig.ts';
import { KubernetesError } from './kubernetes-error.ts';

export interface Exchange {
  method: 'GET' | 'PATCH';
  path: string;
  headers?: { [name: string]: string };
  body?: string;
  /** For all of it, from the first packet to the last byte of the answer. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface Answer {
  status: number;
  body: string;
}

/**
 * One request and its answer over a connection of its own. Connections are never kept: one that was open while a
 * virtual IP moved or a node restarted may hang without an error. Rejects with a KubernetesError when there is no
 * answer, or with the signal's reason when that was aborted; any HTTP status is an answer.
 */
export function exchange(credentials: Credentials, exchange: Exchange): Promise<Answer> {
  const { server, serverName, token, tls } = credentials;
  const { method, path, headers, body, timeoutMs, signal } = exchange;
  signal?.throwIfAborted();
  const options: RequestOptions & { secureContext: SecureContext } = {
    method,
    agent: false,
    secureContext: tls,
    rejectUnauthorized: true,
    headers: {
      accept: 'application/json',
      'user-agent': 'talos-rebuild',
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(serverName === undefined
      ? {}
      : { servername: serverName, checkServerIdentity: (_host, cert) => checkServerIdentity(serverName, cert) }),
  };
  return new Promise((resolve, reject) => {
    const where = server.host;
    const request = httpsRequest(new URL(path, server), options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        finish();
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    let late: KubernetesError | undefined;
    const timer = setTimeout(() => {
      late = new KubernetesError('timeout', `the Kubernetes API at ${where}: no answer within ${timeoutMs} ms`);
      request.destroy(late);
    }, timeoutMs);
    const abort = () => request.destroy();
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    function fail(error: Error): void {
      finish();
      if (signal?.aborted) reject(signal.reason as Error);
      else reject(late ?? connectionError(where, error));
    }
    signal?.addEventListener('abort', abort, { once: true });
    request.on('error', fail);
    // A switch to another protocol, which nobody asked for: Node reports nothing more of this request then.
    request.on('upgrade', ({ statusCode = 0 }, socket) => {
      socket.destroy();
      finish();
      resolve({ status: statusCode, body: '' });
    });
    request.end(body);
  });
}
