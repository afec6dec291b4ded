import { Failure } from '../run/failure.ts';
import type { Access, CallOptions } from './access.ts';
import { readTalosVersion } from './version.ts';

/** Whether a machine lets these credentials in. Fails with `NodeUnreachable` if it does not answer at all. */
export async function isAccepted(access: Access, options: CallOptions = {}): Promise<boolean> {
  try {
    await readTalosVersion(access, { timeoutMs: 10_000, ...options });
    return true;
  } catch (error) {
    if (error instanceof Failure && error.type === 'CredentialsRefused') return false;
    throw error;
  }
}
