/** What starts a run. Paths are the worker's. */
export interface RebuildRequest {
  /** Absolute path of cluster.yaml. */
  readonly clusterFile: string;
  /** The name in cluster.yaml, for the workflow id and what is shown before the file has been read. */
  readonly cluster: string;
  readonly operation: 'rebuild' | 'plan';
  readonly requestedBy: string;
  /** Only this plan may be carried out: another digest ends the run as refused. */
  readonly expectedDigest?: string;
}

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
