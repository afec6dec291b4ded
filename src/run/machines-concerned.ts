import type { FailureGate } from './gates.ts';
import type { PhaseName } from './operations.ts';
import type { NodeProgress } from './progress.ts';

/** More than this tells a person nothing that these do not. */
const atMost = 6;

/** Where a failure that names no machine is one of the control plane. */
const ofTheControlPlane: readonly PhaseName[] = ['bootstrap', 'network', 'verify', 'failoverDrill'];

/**
 * The machines that a failed step is about: its own, those that the failure names, or else those that
 * carry what the phase builds.
 */
export function machinesConcerned(
  { node, seen, phase }: Pick<FailureGate, 'node' | 'seen' | 'phase'>,
  nodes: readonly Pick<NodeProgress, 'name' | 'role'>[],
): string[] {
  if (node !== undefined) return [node];
  const words = new Set(seen.split(/[^a-z0-9-]+/));
  const named = nodes.filter(({ name }) => words.has(name));
  const concerned =
    named.length > 0 ? named : nodes.filter(({ role }) => role === 'controlplane' && ofTheControlPlane.includes(phase));
  return concerned.slice(0, atMost).map(({ name }) => name);
}
