import type { NodeRole } from './cluster-definition.ts';

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
