import type { Operation, TargetOf } from './operations.ts';

/** What starts a run, whatever it does. Paths are the worker's. */
interface AnyRequest<O extends Operation> {
  readonly operation: O;
  /** Absolute path of cluster.yaml. */
  readonly clusterFile: string;
  /** The name in cluster.yaml, for the workflow id and what is shown before the file has been read. */
  readonly cluster: string;
  readonly requestedBy: string;
  /** The run ends with its plan, which nobody is asked to approve. */
  readonly onlyPlan?: boolean;
  /** Only this plan may be carried out: another digest ends the run as refused. */
  readonly expectedDigest?: string;
}

/** The request of one operation: one that is done to a machine names it. */
export type RequestOf<O extends Operation> = AnyRequest<O> &
  (TargetOf<O> extends 'machine' ? { readonly node: string } : unknown);

/** The request of any operation. */
export type RunRequest = { [O in Operation]: RequestOf<O> }[Operation];

/** The id of every top workflow on a cluster: the lock that keeps two operations apart. */
export function workflowIdOf(cluster: string): string {
  return `talos/${cluster}`;
}

/** The id of the child that looks after one machine. */
export function nodeWorkflowIdOf(cluster: string, node: string): string {
  return `talos/${cluster}/${node}`;
}

/** The task queue of the worker that has the cluster's folder; `folderId` is the content of the folder's `id` file. */
export function taskQueueOf(folderId: string): string {
  return `talos-rebuild/${folderId}`;
}
