import { X509Certificate } from 'node:crypto';
import { performServerHandshake, type ServerHttp2Session } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, TLSSocket } from 'node:tls';
import { publicKeyOf, type KeyPair } from '../certificates.ts';
import { answerStream, type IncomingCall } from './grpc-server.ts';

export interface ApiListenerOptions {
  address: string;
  serving: KeyPair;
  /** Certificate of the CA whose client certificates are accepted; undefined: nobody is asked for one. */
  clientCa: string | undefined;
  answer: (call: IncomingCall, roles: ReadonlySet<string>) => AsyncIterable<Uint8Array>;
}

const port = 50_000;
/** Wall clock. */
const gracefulStopMs = 100;
const clientAuthentication = '1.3.6.1.5.5.7.3.2';

/**
 * The Talos API's port. Certificates of clients are checked here and not by TLS, because a real node presents its leaf
 * without its CA, which OpenSSL would add if it knew it.
 */
export class ApiListener {
  readonly #options: ApiListenerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #closed = new AbortController();

  private constructor(options: ApiListenerOptions) {
    this.#options = options;
    const secureContext = createSecureContext({
      cert: options.serving.certificate,
      key: options.serving.key,
      minVersion: 'TLSv1.2',
    });
    const asksForCertificate = options.clientCa !== undefined;
    this.#server = createServer((raw) => {
      this.#sockets.add(raw);
      raw.on('close', () => this.#sockets.delete(raw));
      const socket = new TLSSocket(raw, {
        isServer: true,
        secureContext,
        requestCert: asksForCertificate,
        rejectUnauthorized: asksForCertificate,
        ALPNProtocols: ['h2'],
      });
      raw.on('error', () => socket.destroy());
      socket.on('error', () => raw.destroy());
      socket.on('secure', () => this.#accept(socket));
    });
  }

  static async open(options: ApiListenerOptions): Promise<ApiListener> {
    const listener = new ApiListener(options);
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', reject);
      listener.#server.listen(port, options.address, resolve);
    });
    return listener;
  }

  get isMaintenance(): boolean {
    return this.#options.clientCa === undefined;
  }

  /** Aborted when the API is shut down. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Stops taking calls and lets those that are under way end; streams that would not end by themselves are cut. */
  async close(): Promise<void> {
    this.#server.close();
    this.#closed.abort();
    const ended = [...this.#sessions].map((session) => {
      const closed = new Promise<void>((resolve) => session.once('close', resolve));
      session.close();
      return closed;
    });
    await Promise.race([Promise.all(ended), sleep(gracefulStopMs, undefined, { ref: false })]);
    this.destroy();
  }

  destroy(): void {
    this.#server.close();
    this.#closed.abort();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: TLSSocket): void {
    const roles = rolesOf(socket, this.#options.clientCa);
    if (roles === undefined || socket.alpnProtocol !== 'h2') {
      socket.destroy();
      return;
    }
    // A TLS socket without a TLS server never says that it is through with the handshake, and HTTP/2 would wait for it.
    Object.assign(socket, { secureConnecting: false });
    const session = performServerHandshake(socket);
    this.#sessions.add(session);
    session.on('close', () => this.#sessions.delete(session));
    session.on('error', () => socket.destroy());
    session.on('stream', (stream, headers) =>
      answerStream(stream, headers, (call) => this.#options.answer(call, roles)),
    );
  }
}

/**
 * The roles of the caller: the organizations of its certificate. Undefined when the certificate is not to be trusted.
 */
function rolesOf(socket: TLSSocket, clientCa: string | undefined): ReadonlySet<string> | undefined {
  if (clientCa === undefined) return new Set(['os:reader']);
  const raw = socket.getPeerCertificate().raw as Buffer | undefined;
  if (raw === undefined) return undefined;
  const certificate = new X509Certificate(raw);
  const now = Date.now();
  const isValid = Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
  const isForClients = certificate.keyUsage?.length === 1 && certificate.keyUsage[0] === clientAuthentication;
  if (!isValid || !isForClients || !certificate.verify(publicKeyOf(clientCa))) return undefined;
  const organizations = certificate.subject?.split('\n').filter((line) => line.startsWith('O=')) ?? [];
  return new Set(organizations.map((line) => line.slice(2)));
}
