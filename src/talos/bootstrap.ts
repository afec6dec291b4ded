import { Failure } from '../run/failure.ts';
import { atMostFor, type CallOptions, type CredentialAccess, type MachineAddress, nameOf } from './access.ts';
import { codeOf, isAlreadyExists, stderrOf } from './errors.ts';
import { callMachine } from './talosctl.ts';

/**
 * What a control plane answered: it begins, it has etcd data already, or it is not ready yet for a reason that passes.
 * None of them proves that etcd runs: ask its etcd.
 */
export type BootstrapAnswer = 'accepted' | 'already' | { readonly notYet: string };

/**
 * Asks a control plane to begin etcd. Nothing in Talos stops a second one from beginning a second cluster, so this may
 * only ever go to the one machine that was written down. Fails with `BootstrapRefused` where asking again cannot help.
 */
export async function bootstrapNode(
  access: MachineAddress & CredentialAccess,
  options: CallOptions = {},
): Promise<BootstrapAnswer> {
  try {
    await callMachine(access, ['bootstrap'], atMostFor(30_000, options));
    return 'accepted';
  } catch (error) {
    if (isAlreadyExists(error)) return 'already';
    const said = stderrOf(error).replace(/^.*desc = /s, '');
    const passes = codeOf(error) === 'FailedPrecondition' || /machine type is not set/.test(said);
    if (passes) return { notYet: said };
    if (codeOf(error) === 'Unimplemented' || codeOf(error) === 'InvalidArgument') {
      throw new Failure('BootstrapRefused', `${nameOf(access)}: cannot be bootstrapped: ${said}`, { cause: error });
    }
    throw error;
  }
}
