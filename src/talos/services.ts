import type { CallOptions, CredentialAccess, MachineAddress } from './access.ts';
import { parseTable } from './table.ts';
import { callMachine } from './talosctl.ts';

export interface ServiceState {
  readonly id: string;
  /** `Running`, `Preparing`, `Waiting`, `Finished` … */
  readonly state: string;
  /** `OK`, `Fail`, or `?` where Talos does not check. */
  readonly health: string;
  readonly lastEvent: string;
}

/** Lists a machine's services. */
export async function listServices(
  access: MachineAddress & CredentialAccess,
  options: CallOptions = {},
): Promise<ServiceState[]> {
  const { stdout } = await callMachine(access, ['service'], { timeoutMs: 15_000, ...options });
  return parseTable(stdout).map((row) => ({
    id: row['SERVICE'] ?? '',
    state: row['STATE'] ?? '',
    health: row['HEALTH'] ?? '',
    lastEvent: row['LAST EVENT'] ?? '',
  }));
}

/** The state of etcd on a machine: `Preparing` is ready for a bootstrap or a join, `Running` serves. Undefined on a worker. */
export async function etcdServiceState(
  access: MachineAddress & CredentialAccess,
  options: CallOptions = {},
): Promise<ServiceState | undefined> {
  return (await listServices(access, options)).find((service) => service.id === 'etcd');
}
