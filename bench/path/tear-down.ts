import type { Happening } from './happening.ts';
import { type StateHistory, byMachine, byUs } from './state-history.ts';

/** What the plan decides beforehand: which machines there are, and which one is reset first. */
export interface Runbook {
  readonly nodes: readonly RunbookNode[];
  readonly canary?: string | undefined;
}

export interface RunbookNode {
  readonly name: string;
  readonly role: 'controlplane' | 'worker';
}

/** A machine back in maintenance mode. */
export interface WipedMachine extends RunbookNode {
  readonly reset: Happening;
  readonly maintenance: Happening;
  /** What has to be before any machine gets its configuration: the point of no return is passed. */
  readonly release: readonly Happening[];
}

/** Canary; then the other workers; then the control planes, when every worker is in maintenance mode. */
export function tearDown(history: StateHistory, { nodes, canary }: Runbook): WipedMachine[] {
  const isCanary = ({ name }: RunbookNode): boolean => name === canary;
  const wipe = (node: RunbookNode, after: readonly Happening[]): Omit<WipedMachine, 'release'> => {
    const begun = history.get([node.name], 'stage', ['resetting'], 0);
    const reset = byUs(begun, 'reset', after);
    const back = history.get([node.name], 'api', ['maintenance'], begun.at);
    return { ...node, reset, maintenance: byMachine(back, 'in maintenance mode', [reset]) };
  };
  const first = nodes.filter(isCanary).map((node) => wipe(node, []));
  const canaryIsBack = first.map(({ maintenance }) => maintenance);
  const workers = nodes
    .filter((node) => node.role === 'worker' && !isCanary(node))
    .map((node) => wipe(node, canaryIsBack));
  const release = [...canaryIsBack, ...workers.map(({ maintenance }) => maintenance)];
  const controlPlanes = nodes
    .filter((node) => node.role === 'controlplane' && !isCanary(node))
    .map((node) => wipe(node, release));
  return [...first, ...workers, ...controlPlanes].map((machine) => ({ ...machine, release }));
}
