import type { NodeDefinition } from '../../../run/cluster-definition.ts';
import type { Finding } from '../../../run/findings.ts';
import type { KeptVolume, PlannedVolume } from '../../../run/plan/volume-fate.ts';
import { partitionInWords } from '../../../run/plan/volume-fate.ts';

/** What the volumes of a machine's new configuration, and those that are on it, say against a rebuild. */
export function checkVolumes(
  node: NodeDefinition,
  volumes: readonly PlannedVolume[],
  kept: readonly KeptVolume[],
): Finding[] {
  return [...volumes.flatMap((volume) => checkVolume(node, volume)), ...checkReadable(node, kept)];
}

function checkVolume({ name, address }: NodeDefinition, { document, fate }: PlannedVolume): Finding[] {
  switch (fate.kind) {
    case 'uses':
    case 'makes':
    case 'directory':
      return [];
    case 'nothing':
      return [
        {
          severity: 'error',
          node: name,
          seen: `${document} matches nothing: ${fate.why}`,
          remedy: `compare the patch with \`talosctl get discoveredvolumes,disks -n ${address}\``,
        },
      ];
    case 'unknown':
      return [
        {
          severity: 'warning',
          node: name,
          seen: `${document} cannot be evaluated here: ${fate.why}`,
          remedy: `see for yourself what it matches: \`talosctl get discoveredvolumes,disks -n ${address}\``,
        },
      ];
  }
}

/** Refused unless cluster.yaml gives the volume up by name. */
function checkReadable(node: NodeDefinition, kept: readonly KeptVolume[]): Finding[] {
  const known = kept.map((one) => one.name ?? one.partition.devPath);
  const lost = kept.flatMap((one): Finding[] => {
    const name = one.name ?? one.partition.devPath;
    if (one.unreadable === undefined || node.unreadableVolumes.includes(name)) return [];
    return [
      {
        severity: 'error',
        node: node.name,
        seen: `nobody could read ${partitionInWords(one.partition)} afterwards: ${one.unreadable}`,
        remedy: `copy what you need, then write \`unreadableVolumes: [${JSON.stringify(name)}]\` for this machine`,
      },
    ];
  });
  const unknown = node.unreadableVolumes.filter((name) => !known.includes(name));
  return [
    ...lost,
    ...unknown.map((name): Finding => ({
      severity: 'warning',
      node: node.name,
      seen: `\`unreadableVolumes\` names ${name}, which this machine does not have`,
      remedy: 'correct or remove it',
    })),
  ];
}
