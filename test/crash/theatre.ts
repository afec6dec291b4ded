import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { clusterFile } from '../../bench/cluster-file.ts';
import { loadCluster } from '../../src/cluster/load-cluster.ts';
import type { CleanUp } from '../../demo/clean-up.ts';
import { demoSubnet } from '../../demo/loopback.ts';
import { machinesOf } from '../../demo/machines.ts';
import { makeOldCluster } from '../../demo/old-cluster.ts';
import type { ClusterDefinition } from '../../src/run/cluster-definition.ts';
import type { MachineSpec } from '../../simulator/src/lab.ts';
import { compile } from '../../scripts/compile.ts';
import { secretsOf } from '../drawn-secrets.ts';
import { talosctl } from '../programs/talosctl.ts';
import { temporal } from '../programs/temporal.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const workflows = join(root, 'src', 'workflows', 'index.ts');
const workflowPoints = fileURLToPath(new URL('./workflow-points.ts', import.meta.url));

/** What all rounds share: the tools, the old cluster's files, the workflows' code. */
export interface Theatre {
  readonly base: string;
  readonly talosctl: string;
  readonly temporal: string;
  /** File of the product's workflows with the suite's interceptors. */
  readonly bundle: string;
  /** File of the worker's program. */
  readonly worker: string;
  readonly machines: readonly MachineSpec[];
  /** A cluster.yaml with a folder of its own in which the old cluster's set is. */
  newCluster(name: string): Promise<{ readonly definition: ClusterDefinition; readonly file: string }>;
}

/** Brings up what all rounds share. */
export async function openTheatre(cleanUp: CleanUp): Promise<Theatre> {
  process.umask(0o077);
  const base = await mkdtemp(join(tmpdir(), 'talos-rebuild-crash-')); // 0700
  cleanUp.add(() => rm(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const subnet = await demoSubnet();
  cleanUp.add(() => subnet.release());

  const writeCluster = async (name: string): Promise<{ definition: ClusterDefinition; file: string }> => {
    const file = join(base, `${name}.yaml`);
    await writeFile(file, clusterFile(4, 'crash', subnet.prefix, join(base, name)));
    return { definition: (await loadCluster(file)).definition, file };
  };
  const { definition: old } = await writeCluster('template');
  const { configurations } = await makeOldCluster({ binary: talosctl }, old, await secretsOf('old'));
  const bundle = join(base, 'workflows.js');
  const { code } = await bundleWorkflowCode({
    workflowsPath: workflows,
    workflowInterceptorModules: [workflowPoints],
    logger: new DefaultLogger('ERROR'),
  });
  await writeFile(bundle, code);
  await symlink(join(root, 'node_modules'), join(base, 'node_modules'));
  await compile(root, ['test/crash/worker.ts'], base);
  return {
    base,
    talosctl,
    temporal,
    bundle,
    worker: join(base, 'test', 'crash', 'worker.mjs'),
    machines: await machinesOf(old, configurations),
    newCluster: async (name) => {
      const cluster = await writeCluster(name);
      await cp(old.folder, cluster.definition.folder, { recursive: true, verbatimSymlinks: true });
      return cluster;
    },
  };
}
