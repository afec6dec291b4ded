import type { EtcdMember, EtcdStatus } from '../../talos/etcd.ts';
import { listEtcdMembers, readEtcdStatus } from '../../talos/etcd.ts';
import { describeStatus } from '../../checks/judge-health.ts';
import type { CredentialedAccess } from '../machine/machine.ts';
import { patiently } from '../attempt/patiently.ts';

/**
 * For how long etcd is asked, in ms. A broken one forbids nothing, so that is short; but one call that was lost
 * must not make it look broken.
 */
const patienceMs = 3000;

/**
 * What one control plane's etcd says; what it did not answer is absent. Without a quorum it still tells its own status.
 */
export interface EtcdView {
  readonly node: string;
  readonly members: readonly EtcdMember[] | undefined;
  readonly status: EtcdStatus | undefined;
}

/** Whether it counts towards the quorum: it answers with one, and says of itself that it is a voter without errors. */
export function isHealthyVoter({ members, status }: EtcdView): boolean {
  return members !== undefined && status !== undefined && describeStatus(status) === undefined;
}

/** Asks a control plane for its own etcd, which may be broken. */
export async function viewEtcd(
  node: string,
  access: CredentialedAccess | undefined,
  signal: AbortSignal,
): Promise<EtcdView> {
  if (access === undefined) return { node, members: undefined, status: undefined };
  const [members, status] = await Promise.all([
    patiently(signal, () => listEtcdMembers(access, { signal }), patienceMs).catch(() => undefined),
    patiently(signal, () => readEtcdStatus(access, { signal }), patienceMs).catch(() => undefined),
  ]);
  signal.throwIfAborted();
  return { node, members, status };
}
