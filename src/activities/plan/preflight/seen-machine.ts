import type { NodeDefinition } from '../../../run/cluster-definition.ts';
import { roleToday } from '../../../run/cluster-definition.ts';
import type { Failure } from '../../../run/failure.ts';
import type { ObservedNode } from '../../../run/plan/observed.ts';
import type { NodeFacts } from '../../../talos/node-facts.ts';
import type { CredentialedAccess } from '../../machine/machine.ts';

/** What was seen of a machine: everything, or why not. */
export type SeenMachine =
  | {
      readonly node: NodeDefinition;
      readonly facts: NodeFacts;
      readonly runsUnder?: string;
      readonly access?: CredentialedAccess;
    }
  | {
      readonly node: NodeDefinition;
      readonly failure: Failure;
      /** What it is nevertheless known to be. */
      readonly awaited?: ObservedNode;
    };

export function isControlPlaneToday(machine: SeenMachine): boolean {
  const runsAs = 'facts' in machine ? machine.facts.machineType : undefined;
  return roleToday({ role: machine.node.role, runsAs }) === 'controlplane';
}
