import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type TLSSocket, type TlsOptions, createServer } from 'node:tls';

/**
 * A TLS server that shows a certificate as a machine's Talos API does; closed when the test ends. Resolves
 * with its port on 127.0.0.1.
 */
export async function startTlsMachine(
  t: TestContext,
  options: TlsOptions,
  port = 0,
  onConnection: (socket: TLSSocket) => void = () => undefined,
): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ minVersion: 'TLSv1.3', ALPNProtocols: ['h2'], ...options }, onConnection);
  server.on('connection', (socket) => sockets.add(socket));
  // A configured machine ends connections without a client certificate: that is no fault of the server.
  server.on('tlsClientError', () => undefined);
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
