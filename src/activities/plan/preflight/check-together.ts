import type { ClusterDefinition } from '../../../run/cluster-definition.ts';
import { controlPlanes } from '../../../run/cluster-definition.ts';
import type { Finding } from '../../../run/findings.ts';
import type { SeenMachine } from './seen-machine.ts';

/** What the machines show only when compared with each other. */
export function checkTogether(cluster: ClusterDefinition, seen: readonly SeenMachine[]): Finding[] {
  return [...sameMachineTwice(seen), ...worksWithoutCanary(cluster, seen)];
}

/** Two addresses of one machine would make it be wiped in the name of another. */
function sameMachineTwice(seen: readonly SeenMachine[]): Finding[] {
  const byMac = new Map<string, string[]>();
  for (const machine of seen) {
    if ('failure' in machine) continue;
    for (const mac of machine.facts.identity.macs) byMac.set(mac, [...(byMac.get(mac) ?? []), machine.node.name]);
  }
  return [...byMac].flatMap(([mac, names]): Finding[] =>
    names.length < 2
      ? []
      : [
          {
            severity: 'error',
            seen: `${names.join(' and ')} are one machine (${mac})`,
            remedy: 'correct the addresses in cluster.yaml',
          },
        ],
  );
}

function worksWithoutCanary(cluster: ClusterDefinition, seen: readonly SeenMachine[]): Finding[] {
  const runs = seen.some((machine) => 'runsUnder' in machine);
  const hasWorker = cluster.nodes.some(({ role }) => role === 'worker');
  if (!runs || hasWorker || controlPlanes(cluster.nodes).length >= 3) return [];
  return [
    {
      severity: 'warning',
      seen: 'no machine can be reset on trial: the first reset is the point of no return',
      remedy: 'make sure that you can reach the machines’ consoles',
    },
  ];
}
