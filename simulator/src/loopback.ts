import { createServer, type Server } from 'node:net';

/** A subnet of the loopback network that nobody else on this computer uses at the same time. */
export interface LoopbackSubnet {
  /** `127.44.17` */
  prefix: string;
  release(): void;
}

const guardPort = 50_999;

/**
 * Reserves one 127.x.y.0/24 by holding a guard port on its first address, so that test files may run in parallel, in
 * any number of processes. A process that dies gives its subnet back.
 */
export async function reserveLoopbackSubnet(): Promise<LoopbackSubnet> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const prefix = `127.${16 + Math.floor(Math.random() * 200)}.${Math.floor(Math.random() * 256)}`;
    const guard = await listenOn(`${prefix}.1`);
    if (guard !== undefined) return { prefix, release: () => void guard.close() };
  }
  throw new Error(
    'no free loopback subnet was found in 500 attempts; are there addresses of 127.0.0.0/8 on this computer?',
  );
}

/** Rejects when a machine could not listen on one of these addresses, and says what to do about it. */
export async function assertUsable(addresses: readonly string[], port: number): Promise<void> {
  for (const address of addresses) {
    const server = createServer();
    const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(port, address, () => server.close(() => resolve(undefined)));
    });
    if (problem === undefined) continue;
    const remedy =
      problem.code === 'EADDRINUSE'
        ? `something else listens on its port ${port}; is another lab running?`
        : `this computer does not have it. On macOS: sudo ifconfig lo0 alias ${address}`;
    throw new Error(`${address}: no machine can be simulated at this address (${problem.code}): ${remedy}`, {
      cause: problem,
    });
  }
}

function listenOn(host: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen(guardPort, host, () => resolve(server.unref()));
  });
}
