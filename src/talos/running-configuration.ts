import { Failure } from '../run/failure.ts';
import { type CallOptions, type CredentialAccess, type MachineAddress, nameOf } from './access.ts';
import { getResources } from './resources.ts';

/** The configuration under which a machine runs, as YAML with all its keys: never log it. Only for role os:admin. */
export async function readRunningConfiguration(
  access: MachineAddress & CredentialAccess,
  options: CallOptions = {},
): Promise<string> {
  const [configuration] = await getResources(access, 'machineconfig', 'v1alpha1', options);
  if (typeof configuration?.spec !== 'string') {
    throw new Failure('UnexpectedCondition', `${nameOf(access)}: answers, but has no machine configuration.`);
  }
  return configuration.spec;
}
