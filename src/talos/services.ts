import type { CallOptions, CredentialAccess, MachineAddress } from './access.ts';
import { bytesOf, callOverApi, listOf, valueOf } from './grpc-call.ts';
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

/** How long the API may take, in ms, before `talosctl` is asked, which also says what is wrong. */
const apiTimeoutMs = 1000;

/**
 * Lists a machine's services: over the API, as a service that is waited for is asked for many times a
 * second; else by `talosctl`.
 */
export async function listServices(
  access: MachineAddress & CredentialAccess,
  options: CallOptions = {},
): Promise<ServiceState[]> {
  const services = await overApi(access, options).catch(() => undefined);
  options.signal?.throwIfAborted();
  if (services !== undefined && services.length > 0) return services;
  const { stdout } = await callMachine(access, ['service'], { timeoutMs: 15_000, ...options });
  return parseServices(stdout);
}

export function parseServices(table: string): ServiceState[] {
  return parseTable(table).map((row) => ({
    id: row['SERVICE'] ?? '',
    state: row['STATE'] ?? '',
    health: row['HEALTH'] ?? '',
    lastEvent: row['LAST EVENT'] ?? '',
  }));
}

/** `ServiceListResponse { messages = 1 { services = 2 } }` */
async function overApi(
  access: MachineAddress & CredentialAccess,
  { signal }: CallOptions,
): Promise<ServiceState[] | undefined> {
  const options = { timeoutMs: apiTimeoutMs, ...(signal ? { signal } : {}) };
  const [answer] = await callOverApi(access, [{ method: 'machine.MachineService/ServiceList', fields: [] }], options);
  const [response] = answer ?? [];
  const [list] = response === undefined ? [] : listOf(response, 1);
  return list && listOf(list, 2).map(serviceOf);
}

/**
 * `ServiceInfo { id = 1, state = 2, events = 3 { events = 1 { msg = 1 } }, health = 4 { unknown = 1, healthy = 2 } }`
 */
function serviceOf(message: Buffer): ServiceState {
  const text = (number: number): string => bytesOf(message, number).toString('utf8');
  const health = bytesOf(message, 4);
  const isHealthy = valueOf(health, 2) !== 0n;
  const last = listOf(bytesOf(message, 3), 1).at(-1);
  return {
    id: text(1),
    state: text(2),
    health: valueOf(health, 1) !== 0n ? '?' : isHealthy ? 'OK' : 'Fail',
    lastEvent: last === undefined ? '' : bytesOf(last, 1).toString('utf8'),
  };
}

/**
 * The state of etcd on a machine: `Preparing` is ready for a bootstrap or a join, `Running`
 * serves. Undefined on a worker.
 */
export async function etcdServiceState(
  access: MachineAddress & CredentialAccess,
  options: CallOptions = {},
): Promise<ServiceState | undefined> {
  return (await listServices(access, options)).find((service) => service.id === 'etcd');
}
