import type { NodeRole } from '../run/cluster-definition.ts';
import type { CallOptions, CredentialAccess, MachineAddress } from './access.ts';
import { readResources } from './read-resources.ts';
import type { Resource } from './resources.ts';

/** As what a configured machine runs; undefined as long as it does not say. */
export async function readMachineType(
  access: MachineAddress & CredentialAccess,
  options: CallOptions = {},
): Promise<NodeRole | undefined> {
  const { machinetype } = await readResources(access, ['machinetype'], { timeoutMs: 10_000, ...options });
  return machineTypeOf(machinetype);
}

/** The same from the resource that says it. */
export function machineTypeOf([machineType]: readonly Resource[]): NodeRole | undefined {
  const type = machineType?.spec;
  if (type === 'init') return 'controlplane'; // the name of the first control plane in early versions of Talos
  return type === 'controlplane' || type === 'worker' ? type : undefined;
}
