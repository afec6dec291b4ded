import type { CallOptions, CredentialAccess, MachineAddress } from './access.ts';
import { readResources } from './read-resources.ts';
import type { Resource } from './resources.ts';

/** As what a configured machine runs: `controlplane` or `worker`; undefined as long as it does not say. */
export async function readMachineType(
  access: MachineAddress & CredentialAccess,
  options: CallOptions = {},
): Promise<string | undefined> {
  const { machinetype } = await readResources(access, ['machinetype'], { timeoutMs: 10_000, ...options });
  return machineTypeOf(machinetype);
}

/** The same from the resource that says it. */
export function machineTypeOf([machineType]: readonly Resource[]): string | undefined {
  const type = machineType?.spec;
  return typeof type === 'string' && type !== 'unknown' ? type : undefined;
}
