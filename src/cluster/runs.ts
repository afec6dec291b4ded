import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../files/atomic-write.ts';
import type { ClusterFolder } from './folder.ts';
import type { Operation } from '../run/operations.ts';
import { operationOf } from '../run/operations.ts';
import { loadCluster } from './load-cluster.ts';
import { readRunCluster, writeRunCluster } from './run-copy.ts';
import type { RunCluster } from './run-copy.ts';
import { readRunRecord, writeRunRecord } from './run-record.ts';
import type { RunRecord } from './run-record.ts';

/** The folder of one run. */
export interface RunFolder {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

export interface NewRun {
  readonly operation: Operation;
  readonly runId: string;
  /** ISO 8601, by the workflow's clock. */
  readonly startedAt: string;
  /** Absolute path of cluster.yaml. */
  readonly clusterFile: string;
}

/**
 * Makes a run's folder with copies of cluster.yaml and all that it names, and with `run.json`; or finds the one that
 * was made before for this run. Until a plan is made the copies are made anew each time, so that a person can mend what
 * was found; from then on they stay as they are. It appears whole or not at all. Fails with `ClusterFileInvalid`.
 */
export async function openRun(
  folder: ClusterFolder,
  run: NewRun,
): Promise<RunFolder & { readonly cluster: RunCluster }> {
  const name = `${run.startedAt.slice(0, 19).replaceAll(':', '-')}Z-${shortId(run.runId)}`;
  const runPath = path.join(folder.runs, name);
  if (!(await exists(runPath))) await makeRun(folder, runPath, run);
  else if ((await readRunRecord(runPath)).planDigest === undefined) await copyAnew(runPath, run.clusterFile);
  return { name, path: runPath, cluster: await readRunCluster(runPath) };
}

async function makeRun(folder: ClusterFolder, runPath: string, run: NewRun): Promise<void> {
  const clusterFile = path.resolve(run.clusterFile);
  const loaded = await loadCluster(clusterFile);
  const draft = await mkdtemp(path.join(folder.runs, '.new-'));
  try {
    await writeRunCluster(draft, clusterFile, loaded);
    await writeRunRecord(draft, { operation: run.operation, runId: run.runId, startedAt: run.startedAt, nodes: {} });
    await rename(draft, runPath);
    await syncFolder(folder.runs);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another attempt of the same activity was faster.
    if (!(await exists(runPath))) throw error;
  }
}

/**
 * The definition is written last and names its files by digest: a reader in between sees that they do
 * not fit, and is tried again.
 */
async function copyAnew(runPath: string, clusterFile: string): Promise<void> {
  const absolute = path.resolve(clusterFile);
  await writeRunCluster(runPath, absolute, await loadCluster(absolute));
}

/** All runs, the newest first. */
export async function listRuns(folder: ClusterFolder): Promise<RunFolder[]> {
  const entries = await readdir(folder.runs, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => ({ name: entry.name, path: path.join(folder.runs, entry.name) }))
    .toSorted((a, b) => (a.name < b.name ? 1 : -1));
}

/** A run that touched machines and left them in between. */
export interface UnfinishedRun {
  readonly run: RunFolder;
  readonly record: RunRecord;
}

/**
 * The runs of one operation that left machines in between, the newest first: they vanished, were aborted, or ended
 * though their own record says that machines were sent something. A run after which everything is settled ends the
 * search, whatever it was. `except` is the run that asks.
 */
export async function unfinishedRuns(
  folder: ClusterFolder,
  operation: Operation,
  except?: string,
): Promise<UnfinishedRun[]> {
  const found: UnfinishedRun[] = [];
  for (const run of await listRuns(folder)) {
    const record = await readRunRecord(run.path);
    if (record.runId === except) continue;
    const left = operationOf(record.operation).left(record);
    if (left === 'all settled') break;
    if (left === 'machines in between' && record.operation === operation) found.push({ run, record });
  }
  return found;
}

/** The end of the run id: newer servers begin run ids with the time, so their beginnings are alike. */
function shortId(runId: string): string {
  return runId.replaceAll(/[^0-9A-Za-z]/g, '').slice(-8);
}

async function exists(target: string): Promise<boolean> {
  try {
    await stat(target);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
