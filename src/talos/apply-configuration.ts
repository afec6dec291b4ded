import { Failure } from '../run/failure.ts';
import type { Access, CallOptions } from './access.ts';
import { atMostFor, nameOf } from './access.ts';
import { codeOf, stderrOf } from './errors.ts';
import { callMachine } from './talosctl.ts';

/**
 * Sends a machine its configuration, in maintenance mode only if it still shows the certificate of
 * `access.fingerprint`: the file carries the cluster's keys. Resolves with what Talos made of it, for people. The
 * answer may be lost because the network changes meanwhile: then `outcomeOf` the failure is `unknown`, and the machine
 * has to be looked at. Fails with `ConfigurationRefused` or, while another one is being applied, `NotYet`.
 */
export async function applyConfiguration(access: Access, file: string, options: CallOptions = {}): Promise<string> {
  const pin = 'insecure' in access ? ['--cert-fingerprint', access.fingerprint] : [];
  try {
    const args = ['apply-config', '-f', file, '--mode', 'auto', ...pin];
    const { stderr } = await callMachine(access, args, atMostFor(60_000, options));
    return /^(Applied|Staged) .*$/m.exec(stderr)?.[0] ?? 'Applied';
  } catch (error) {
    const said = stderrOf(error).replace(/^.*desc = /s, '');
    if (codeOf(error) === 'InvalidArgument') {
      throw new Failure('ConfigurationRefused', `${nameOf(access)}: refused its configuration: ${said}`, {
        cause: error,
      });
    }
    if (codeOf(error) === 'FailedPrecondition') {
      throw new Failure('NotYet', `${nameOf(access)}: cannot take its configuration yet: ${said}`, { cause: error });
    }
    throw error;
  }
}
