import type { RequestListener } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';

interface Listener {
  server: Server;
  sockets: Set<Socket>;
}

/** One HTTPS service on several addresses that come and go, as a node's own address and a virtual IP do. */
export class Listeners {
  readonly #options: ServerOptions;
  readonly #handle: RequestListener;
  readonly #byHost = new Map<string, Listener>();

  constructor(options: ServerOptions, handle: RequestListener) {
    this.#options = options;
    this.#handle = handle;
  }

  /** Begins to accept connections; rejects when the address is taken. */
  async listen(host: string, port: number): Promise<void> {
    if (this.#byHost.has(host)) throw new Error(`${host}: already listening`);
    const server = createServer(this.#options, this.#handle);
    // A kube-apiserver keeps idle connections for minutes; clients that hold on to dead ones have to be found out.
    server.keepAliveTimeout = 90_000;
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    this.#byHost.set(host, { server, sockets });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      this.#byHost.delete(host);
      throw error;
    }
  }

  /** Stops accepting connections on an address and ends those that are open there. */
  async unlisten(host: string): Promise<void> {
    const listener = this.#byHost.get(host);
    if (listener === undefined) return;
    this.#byHost.delete(host);
    const closed = new Promise<void>((resolve) => listener.server.close(() => resolve()));
    for (const socket of listener.sockets) socket.destroy();
    await closed;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byHost.keys()].map((host) => this.unlisten(host)));
  }
}
