import { type AddressInfo, createServer } from 'node:net';

/**
 * A port of this address that nobody listens on: the wanted one, or any for 0. Undefined when the wanted one is taken.
 * Another program may take it before it is used; the caller has to be ready for that.
 */
export async function freePort(host: string, wanted: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
    );
    server.listen(wanted, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
