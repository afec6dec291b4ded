import type { MachineTrace } from './machine-trace.ts';

/** What a run wrote down of what it did to machines, each fact before it was acted on. Instants are ISO 8601. */
export interface Traces {
  readonly nodes: Readonly<Record<string, MachineTrace>>;
  /** The one control plane that may be bootstrapped. */
  readonly bootstrap?: { readonly node: string; readonly chosenAt: string; readonly sentAt?: string };
  readonly drill?: { readonly holder: string; readonly bootId: string; readonly rebootSentAt?: string };
  /** How it ended; absent where it is under way, or vanished. */
  readonly outcome?: string;
}

/**
 * What a run has left behind. `nothing`: the cluster is as it was before, for what comes after. `machines in between`:
 * some were sent something and are neither what they were nor what they were to become. `all settled`: whatever runs
 * before have left, it is over.
 */
export type Left = 'nothing' | 'machines in between' | 'all settled';

/** Whether anything was sent that changes a machine, or was about to be. */
export function hasTouchedMachines({ nodes, bootstrap, drill }: Traces): boolean {
  return (
    Object.values(nodes).some(
      ({ resetSentAt, appliedAt, restoredAt }) => (resetSentAt ?? appliedAt ?? restoredAt) !== undefined,
    ) ||
    bootstrap !== undefined ||
    drill !== undefined
  );
}

/**
 * A rebuild has settled everything when the cluster was rebuilt, or when each machine that was reset got its
 * old configuration back. An outcome alone says less: after Temporal's database was set back, a run may be
 * rejected that has wiped machines.
 */
export function leftByRebuild(traces: Traces): Left {
  if (!hasTouchedMachines(traces)) return 'nothing';
  const { outcome, nodes, bootstrap } = traces;
  if (outcome === 'rebuilt') return 'all settled';
  if (outcome === undefined || bootstrap !== undefined) return 'machines in between';
  const isGivenBack = ({ resetSentAt = '', appliedAt = '', restoredAt = '' }: MachineTrace): boolean =>
    restoredAt >= resetSentAt && restoredAt >= appliedAt;
  return Object.values(nodes).every(isGivenBack) ? 'all settled' : 'machines in between';
}
