import { createServer } from 'node:net';
import { UserError } from '../src/cli/user-error.ts';
import { type LoopbackSubnet, reserveLoopbackSubnet } from '../simulator/src/lab.ts';

/** macOS answers on 127.0.0.1 alone: any other address has to be added, so there it is always this subnet. */
const fixedPrefix = '127.71.0';

/** A loopback subnet for the machines. */
export async function demoSubnet(): Promise<LoopbackSubnet> {
  if (process.platform !== 'darwin') return reserveLoopbackSubnet();
  return { prefix: fixedPrefix, release: () => undefined };
}

/** Rejects with the commands that add the addresses which this computer lacks. */
export async function assertAddresses(addresses: readonly string[]): Promise<void> {
  const lacking: string[] = [];
  for (const address of addresses) if (!(await isOurs(address))) lacking.push(address);
  if (lacking.length === 0) return;
  throw new UserError(
    'The simulated machines need loopback addresses that this computer does not have. Nothing was started.',
    {
      details: [
        'Add them, until the next restart:',
        ...lacking.map((address) => `sudo ifconfig lo0 alias ${address} up`),
      ],
    },
  );
}

async function isOurs(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(0, address, () => server.close(() => resolve(true)));
  });
}
