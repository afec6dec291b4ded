import type { NodeRole } from './cluster-definition.ts';
import type { Finding } from './findings.ts';
import type { MachineIdentity } from './machine-identity.ts';
import type { PlannedNode } from './plan/plan.ts';

/** Inputs and results of the steps of a run: what travels between workflow and activities. Names of files, digests and facts; never contents. */

/** Names a run: `folder` is its folder's name in the cluster folder's `runs/`. */
export interface RunReference {
  readonly folder: string;
  readonly runId: string;
}

export interface OpenedRun {
  readonly run: RunReference;
  readonly cluster: string;
  readonly nodes: readonly { readonly name: string; readonly role: NodeRole; readonly address: string }[];
  /** Where the run's folder is on the worker, for people. */
  readonly path: string;
  /** How many notifiers cluster.yaml names. */
  readonly notifiers: number;
}

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
  /** It does not answer, as is to be expected: an earlier run gave it its configuration, and it waits for the new control plane. */
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

export interface NodeStep {
  readonly run: RunReference;
  readonly node: PlannedNode;
  readonly newSet: string;
  readonly secrets: 'new' | 'keep';
  /** Addresses of the planned control planes: a worker gets its certificate from one of them. */
  readonly controlPlanes: readonly string[];
  /** Whether the plan was amended since it was approved: the machine may run under an earlier configuration of the new set. */
  readonly isAmended: boolean;
}
