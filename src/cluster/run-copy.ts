import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ClusterDefinition } from '../run/cluster-definition.ts';
import { Failure } from '../run/failure.ts';
import type { Finding } from '../run/findings.ts';
import { syncFolder, writeFileAtomic } from '../files/atomic-write.ts';
import type { LoadedCluster } from './load-cluster.ts';
import { displayPath } from './paths.ts';

/** The cluster as a run sees it, whatever happens to cluster.yaml later. Patches and manifests are the run's copies. */
export interface RunCluster {
  readonly definition: ClusterDefinition;
  readonly warnings: readonly Finding[];
  /** The cluster.yaml that was copied; the commands of `afterBootstrap` run in its folder. */
  readonly source: string;
}

/** `cluster.json` in the run's folder. Files in the definition are relative to the run's folder. */
interface CopiedCluster extends RunCluster {
  readonly version: 1;
  readonly files: readonly { readonly copy: string; readonly source: string; readonly sha256: string }[];
}

/**
 * Copies a loaded cluster into a run's folder, byte by byte as it was checked: `cluster.yaml`, each patch and manifest
 * under `files/`, and `cluster.json` with the definition that names these copies.
 */
export async function writeRunCluster(runPath: string, clusterFile: string, loaded: LoadedCluster): Promise<void> {
  await mkdir(path.join(runPath, 'files'), { recursive: true, mode: 0o700 });
  const files: CopiedCluster['files'][number][] = [];
  for (const [source, content] of loaded.sources) {
    const number = String(files.length).padStart(2, '0');
    const copy = source === clusterFile ? 'cluster.yaml' : `files/${number}-${path.basename(source)}`;
    await writeFile(path.join(runPath, copy), content, { mode: 0o600, flush: true });
    files.push({ copy, source, sha256: sha256(content) });
  }
  await syncFolder(path.join(runPath, 'files'));
  const copies = new Map(files.map(({ source, copy }) => [source, copy]));
  const copied: CopiedCluster = {
    version: 1,
    source: clusterFile,
    definition: withFiles(loaded.definition, (file) => copies.get(file) ?? file),
    warnings: loaded.warnings,
    files,
  };
  await writeFileAtomic(path.join(runPath, 'cluster.json'), `${JSON.stringify(copied, undefined, 2)}\n`);
}

/**
 * Reads the cluster of a run from its copy; the original files are never looked at. Fails with `FilesDamaged` where a
 * copy is not what was copied.
 */
export async function readRunCluster(runPath: string): Promise<RunCluster> {
  let copied: CopiedCluster;
  try {
    copied = JSON.parse(await readFile(path.join(runPath, 'cluster.json'), 'utf8')) as CopiedCluster;
  } catch (cause) {
    throw damaged(runPath, 'cluster.json', 'cannot be read', cause);
  }
  for (const file of copied.files) {
    const content = await readFile(path.join(runPath, file.copy)).catch(() => undefined);
    if (!content) throw damaged(runPath, file.copy, 'is missing');
    if (sha256(content) !== file.sha256)
      throw damaged(runPath, file.copy, `is not the copy of ${file.source} any more`);
  }
  return {
    definition: withFiles(copied.definition, (file) => path.resolve(runPath, file)),
    warnings: copied.warnings,
    source: copied.source,
  };
}

function withFiles(definition: ClusterDefinition, rename: (file: string) => string): ClusterDefinition {
  const { all, controlplane, worker } = definition.patches;
  return {
    ...definition,
    patches: { all: all.map(rename), controlplane: controlplane.map(rename), worker: worker.map(rename) },
    nodes: definition.nodes.map((node) => ({ ...node, patches: node.patches.map(rename) })),
    afterBootstrap: { ...definition.afterBootstrap, manifests: definition.afterBootstrap.manifests.map(rename) },
  };
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function damaged(runPath: string, file: string, what: string, cause?: unknown): Failure {
  const remedy = 'the plan rests on this file; start again for a new plan';
  return new Failure('FilesDamaged', `${displayPath(path.join(runPath, file))} ${what} → ${remedy}`, { cause });
}
