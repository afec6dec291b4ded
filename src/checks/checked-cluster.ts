import type { KubernetesAccess } from '../kubernetes/client.ts';
import { requestTimeoutMs } from '../kubernetes/client.ts';
import type { ExpectedCluster, ExpectedNode } from '../run/expected-cluster.ts';
import type { CredentialAccess, MachineAddress } from '../talos/access.ts';

/** A cluster that is judged by what it should be, and how to ask it. */
export interface CheckedCluster {
  readonly expected: ExpectedCluster;
  /** Into a machine, with the credentials of the set under which it should run. */
  readonly access: (node: ExpectedNode) => MachineAddress & CredentialAccess;
  /** The API server of one control plane: it is there before the VIP is. */
  readonly kubernetes: KubernetesAccess;
  readonly signal: AbortSignal;
  /** What is left of the time that the cluster has, in ms. */
  readonly remainingMs: () => number;
}

/** What every request to an API server takes: one that hangs holds nobody up longer than there is time left. */
export function requestWithin({ signal, remainingMs }: Pick<CheckedCluster, 'signal' | 'remainingMs'>): {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
} {
  return { signal, timeoutMs: Math.min(requestTimeoutMs, remainingMs()) };
}

/** A control plane's own API server, not the one behind the VIP. */
export function apiServerOf({ address }: { readonly address: string }): string {
  return `https://${address}:6443`;
}
