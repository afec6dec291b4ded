import type { NodeDefinition } from '../../run/cluster-definition.ts';
import type { EarlierWork } from '../../run/plan/earlier-work.ts';
import type { ObservedNode } from '../../run/plan/observed.ts';
import type { StoragePlan } from './plan-storage.ts';

/**
 * The disks of a machine that an earlier run built: they show what the configuration made of them, and nothing more
 * happens to them. The same whether the machine answers or is still awaited. Undefined for any other machine.
 */
export function rebuiltStorage(
  { name, role, address }: Pick<NodeDefinition, 'name' | 'role' | 'address'>,
  { runsUnder }: Pick<ObservedNode, 'runsUnder'>,
  earlier: EarlierWork | undefined,
): StoragePlan | undefined {
  if (earlier === undefined || runsUnder !== earlier.newSet) return undefined;
  const sentence = `nothing is wiped; run ${earlier.runs[0]} gave it the new configuration`;
  return {
    planned: { volumes: [], unreadable: [] },
    kept: [],
    keptMounts: [],
    fate: { name, role, address, scope: 'untouched', sentence, isSpecial: false, volumes: [] },
    lostDirectories: [],
    findings: [],
  };
}
