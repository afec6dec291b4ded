import type { FailureType } from '../failure.ts';
import { isFailureType } from '../failure.ts';

/**
 * What failed, in the words of the innermost failure: activities and child workflows wrap it in layers that say nothing
 * to a person. Works on plain error shapes, because classes do not survive the way between activity and workflow.
 */
export function describeFailure(error: unknown): string {
  const root = rootFailure(error);
  return root instanceof Error ? root.message : String(root);
}

/** The type of the innermost failure, if it is one of ours. */
export function failureTypeOf(error: unknown): FailureType | undefined {
  const { type } = (rootFailure(error) ?? {}) as { type?: string | null };
  return isFailureType(type) ? type : undefined;
}

/** What a person can do about a failure, by its type. */
export function remedyFor(error: unknown): string {
  const type = failureTypeOf(error);
  return type ? remedies[type] : 'Read the message and the worker’s log, then retry.';
}

const remedies: Readonly<Record<FailureType, string>> = {
  NodeUnreachable: 'Look at the machine: power, network cable, console. Power-cycle it if it hangs, then retry.',
  CommandFailed: 'Read what the command said; retry once the cause is gone.',
  KubernetesUnavailable: 'See whether kube-apiserver runs on the control planes (talosctl service, logs), then retry.',
  NotYet: 'Give it more time and retry; raise the timeout in cluster.yaml if this is normal for your machines.',
  WrongMachine:
    'Find out which machine has this address. Nothing was sent to it. If you replaced the machine or its disk, answer amend: it shows old and new, and asks.',
  ForeignCluster: 'Find out whose machine this is. Nothing was sent to it. Correct the address or abort.',
  UnexpectedCondition: 'Look at the machine’s console; bring it into the state that is named, then retry.',
  CredentialsRefused: 'Check that the talosconfig belongs to this cluster and has the role os:admin, then retry.',
  ConfigurationRefused:
    'Correct the patch that the message names, then answer amend: the change is shown and asked for before it is used.',
  AmendmentRefused: 'Change cluster.yaml or a patch and answer amend again, or retry by the plan as it is.',
  ClusterFileInvalid: 'Correct the file where the message points, then retry.',
  PreconditionsFailed: 'Mend each finding, then retry.',
  PlanChanged: 'Look at what moved, then start again for a new plan.',
  BootstrapRefused: 'Look at etcd on the bootstrap node before you retry: talosctl service etcd, talosctl logs etcd.',
  ClusterUnhealthy: 'Read which check failed and look at that node, then retry.',
  FailoverFailed: 'See which node holds the VIP and whether etcd is healthy, then retry the drill or skip it.',
  FilesDamaged: 'Compare the files with their SHA256SUMS in the cluster’s folder; restore them, then retry.',
  BackupIncomplete:
    'Mend what is named and retry. Skip goes on without it, and nobody can get it back once the control planes are wiped.',
  ToolMissing: 'Install what the message names, then retry.',
};

function rootFailure(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 10; depth += 1) {
    const { cause, type } = (current ?? {}) as { cause?: unknown; type?: string | null };
    if (isFailureType(type) || cause === undefined || cause === null) return current;
    current = cause;
  }
  return current;
}
