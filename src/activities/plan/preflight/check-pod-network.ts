import { readFile } from 'node:fs/promises';
import type { ClusterDefinition } from '../../../run/cluster-definition.ts';
import type { Finding } from '../../../run/findings.ts';
import { factsOf } from '../../../talos/config-facts.ts';

/** With CNI `none`, something has to install the pod network, or no node ever becomes Ready. */
export async function checkPodNetwork({ patches, nodes, afterBootstrap }: ClusterDefinition): Promise<Finding[]> {
  const files = [...patches.all, ...patches.controlplane, ...nodes.flatMap((node) => node.patches)];
  const facts = await Promise.all([...new Set(files)].map(async (file) => factsOf(await readFile(file, 'utf8'))));
  const installs = afterBootstrap.manifests.length + afterBootstrap.commands.length > 0;
  if (!facts.some(({ cni }) => cni === 'none') || installs || facts.some(({ hasManifests }) => hasManifests)) return [];
  return [
    {
      severity: 'error',
      seen: 'a patch sets the CNI to `none`, and nothing installs a pod network: no node would become Ready',
      remedy: 'name its manifests or commands under `afterBootstrap`, or put them into the patches as inlineManifests',
    },
  ];
}
