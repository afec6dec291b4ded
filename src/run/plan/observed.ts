import type { NodeRole } from '../cluster-definition.ts';
import type { Finding } from '../findings.ts';
import type { MachineIdentity } from '../machine-identity.ts';

/** What preflight saw of one machine. */
export interface ObservedNode {
  readonly name: string;
  /** The set under which it runs; absent in maintenance mode. */
  readonly runsUnder?: string;
  readonly identity: MachineIdentity;
  /** Absent in maintenance mode. */
  readonly runsAs?: NodeRole;
  /** Its etcd is no healthy voter, so it does not count towards the old cluster's quorum. */
  readonly isUnfitForQuorum?: true;
  /**
   * It does not answer, as is to be expected: an earlier run gave it its configuration, and it waits
   * for the new control plane.
   */
  readonly isAwaited?: true;
}

export interface PreflightResult {
  readonly findings: readonly Finding[];
  /** Only those that were identified. */
  readonly nodes: readonly ObservedNode[];
}

export interface GeneratedConfigurations {
  /** Name of the set in the folder's `sets/`. */
  readonly set: string;
  /** SHA-256 of each node's complete configuration by node name, hex. */
  readonly sha256: Readonly<Record<string, string>>;
  /** SHA-256 of the set's secrets.yaml, hex. */
  readonly secretsSha256: string;
  /** Whether the configuration names no CNI, so that something must install the pod network after the bootstrap. */
  readonly needsPodNetwork: boolean;
}
