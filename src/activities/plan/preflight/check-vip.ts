import { connect } from 'node:net';
import type { ClusterDefinition } from '../../../run/cluster-definition.ts';
import type { Finding } from '../../../run/findings.ts';
import type { SeenMachine } from './seen-machine.ts';

const timeoutMs = 1000;

/** The VIP has to be free, or on a machine of this very cluster. */
export async function checkVip({ vip }: ClusterDefinition, seen: readonly SeenMachine[]): Promise<Finding[]> {
  const isOurs = seen.some(
    (machine) =>
      !('failure' in machine) && machine.facts.addresses.some(({ cidr }) => cidr.split('/')[0] === vip.address),
  );
  if (isOurs) return [];
  const answers = await Promise.all([6443, 50_000, 443, 22].map((port) => isThere(vip.address, port)));
  if (!answers.some(Boolean)) return [];
  return [
    {
      severity: 'error',
      seen: `something that is none of these machines answers at the VIP ${vip.address}`,
      remedy: 'choose a free address as `vip.address`, outside the range of your DHCP server',
    },
  ];
}

function isThere(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const settle = (listens: boolean): void => {
      socket.destroy();
      resolve(listens);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    // A refusal comes from a host that is there; on loopback every address refuses.
    socket.once('error', (error: NodeJS.ErrnoException) =>
      settle(error.code === 'ECONNREFUSED' && !host.startsWith('127.')),
    );
  });
}
