import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { answerRequest } from './answers.ts';
import { userOf } from './authentication.ts';
import { Listeners } from './listeners.ts';
import { fromProtobuf, PROTOBUF } from './protobuf.ts';
import { encode } from './representation.ts';
import type { ApiAnswer, ApiRequest } from './requests.ts';
import { StatusError, tooLarge, unauthorized } from './status.ts';
import type { KubernetesStore } from './store.ts';

export interface KubernetesApiOptions {
  store: KubernetesStore;
  /** PEM. */
  serving: { certificate: string; key: string };
  /** PEM: the CA by which client certificates are known. */
  clientCa: string;
  /** With the `v`: v1.36.0. */
  version: string;
  /**
   * Called before a request is carried out; may hold it up. A rejection drops the connection without an answer, or is
   * the answer if it is a StatusError.
   */
  onRequest?: (request: ReceivedRequest) => Promise<void>;
  /**
   * Called when a request has been carried out, before the answer goes out; may hold it up. A
   * rejection drops the connection.
   */
  onAnswer?: (request: ReceivedRequest) => Promise<void>;
}

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** The user's name; empty for a stranger. */
  readonly user: string;
}

export interface KubernetesApi {
  listen(host: string, port: number): Promise<void>;
  /** Stops serving an address and ends the connections that are open there. */
  unlisten(host: string): Promise<void>;
  close(): Promise<void>;
}

const BODY_LIMIT = 3 * 1024 * 1024;

/** The API server of one control plane: HTTPS with client certificates, as Talos configures kube-apiserver. */
export function createKubernetesApi(options: KubernetesApiOptions): KubernetesApi {
  const { certificate, key } = options.serving;
  // Certificates are asked for but not demanded: a wrong one is answered with 401, not with a TLS alert.
  const tls = { cert: certificate, key, ca: options.clientCa, requestCert: true, rejectUnauthorized: false };
  return new Listeners(tls, (request, response) => {
    void serve(options, request, response).catch(() => request.socket.destroy());
  });
}

/** Rejects when the connection has to be dropped; refusals are answered. */
async function serve(options: KubernetesApiOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://kubernetes');
  const method = request.method ?? 'GET';
  const user = userOf(request.socket as TLSSocket);
  const received: ReceivedRequest = { method, path: url.pathname, user: user?.name ?? '' };
  try {
    await options.onRequest?.(received);
    if (user === undefined) throw unauthorized();
    const bytes = await bodyOf(request);
    const contentType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
    const isProtobuf = contentType === PROTOBUF && bytes.length > 0;
    const read: ApiRequest = {
      method,
      path: url.pathname,
      query: url.searchParams,
      accept: request.headers.accept,
      contentType: isProtobuf ? 'application/json' : contentType,
      agent: (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown',
      body: isProtobuf ? JSON.stringify(fromProtobuf(bytes)) : bytes.toString('utf8'),
      user,
    };
    const answer = answerRequest(options.store, options.version, read);
    await options.onAnswer?.(received);
    send(response, answer);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    send(response, { code: error.code, form: 'json', value: error.toStatus() });
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, answer: ApiAnswer): void {
  if ('text' in answer) {
    response.writeHead(answer.code, { 'content-type': answer.contentType }).end(answer.text);
    return;
  }
  if ('stream' in answer) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const stop = answer.stream(
      (event) => response.write(`${JSON.stringify(event)}\n`),
      () => response.end(),
    );
    response.on('close', stop);
    return;
  }
  const { contentType, body } = encode(answer.value, answer.form);
  response.writeHead(answer.code, { 'content-type': contentType }).end(body);
}
