import { copyFile, readFile } from 'node:fs/promises';
import { sha256OfFile } from '../../cluster/checksums.ts';
import type { ClusterFolder } from '../../cluster/folder.ts';
import { currentSet, discardNew, newSet, pendingSet } from '../../cluster/sets.ts';
import type { ClusterSet } from '../../cluster/sets.ts';
import { minorOf } from '../../cluster/versions.ts';
import type { ClusterDefinition } from '../../run/cluster-definition.ts';
import { Failure } from '../../run/failure.ts';
import type { GeneratedConfigurations } from '../../run/plan/observed.ts';
import { genSecrets, genTalosconfig } from '../../talos/generate.ts';
import { renderConfigurations } from '../../talos/render-configurations.ts';
import { clusterOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

/**
 * Draws the secrets, once, into the set that `automation-new` points to, and writes one complete
 * configuration for each machine. May run again: secrets that are there stay, and the rest is made anew with
 * the same bytes. Touches no machine.
 */
export async function generateConfigurations(attempt: Attempt): Promise<GeneratedConfigurations> {
  const { worker, signal } = attempt;
  const cluster = await clusterOf(attempt);
  const talosctl = await worker.talosctl(minorOf(cluster.talos.version));
  const set = await setToFill(worker.folder, cluster);

  attempt.say('secrets and talosconfig');
  await genSecrets(talosctl, set.secrets, cluster.talos.version, { signal });
  await genTalosconfig(talosctl, cluster, set.secrets, set.talosconfig, { signal });

  attempt.say('writing a configuration for each machine');
  const rendered = await renderConfigurations({
    talosctl,
    cluster,
    secretsFile: set.secrets,
    setFolder: set.path,
    signal,
  });
  return {
    set: set.name,
    sha256: Object.fromEntries(rendered.map(({ node, sha256 }) => [node, sha256])),
    secretsSha256: await sha256OfFile(set.secrets),
    needsPodNetwork: rendered.some(({ facts }) => facts.cni === 'none') && hasAfterBootstrap(cluster),
  };
}

function hasAfterBootstrap({ afterBootstrap: { manifests, commands } }: ClusterDefinition): boolean {
  return manifests.length + commands.length > 0;
}

/**
 * The set to fill: the one that is being made, unless its secrets are of the other kind than cluster.yaml asks for now.
 * That one stays in the folder, as a machine may run under it.
 */
async function setToFill(folder: ClusterFolder, { name, secrets }: ClusterDefinition): Promise<ClusterSet> {
  const [current, pending] = await Promise.all([currentSet(folder), pendingSet(folder)]);
  if (secrets === 'keep' && !current) {
    throw new Failure(
      'PreconditionsFailed',
      `\`secrets: keep\` for ${name}, but its folder has no current set to keep them from.`,
    );
  }
  const areKept = pending && current && (await sameContent(pending.secrets, current.secrets));
  if (pending && areKept !== undefined && areKept !== (secrets === 'keep')) await discardNew(folder);
  const set = await newSet(folder);
  if (secrets === 'keep' && current) await copyFile(current.secrets, set.secrets);
  return set;
}

/** Undefined where one of the files is not there. */
async function sameContent(one: string, other: string): Promise<boolean | undefined> {
  const contents = await Promise.all([one, other].map((file) => readFile(file).catch(() => undefined)));
  const [a, b] = contents;
  return a && b && a.equals(b);
}
