import { setTimeout as sleep } from 'node:timers/promises';
import { createActivities } from '../activities/index.ts';
import { WorkerStops } from '../activities/attempt/worker-context.ts';
import { type ClusterFolder, openFolder } from '../cluster/folder.ts';
import { loadCluster } from '../cluster/load-cluster.ts';
import { lockFolder } from '../cluster/lock.ts';
import { minorOf } from '../cluster/versions.ts';
import type { ClusterDefinition } from '../run/cluster-definition.ts';
import { describeFinding } from '../run/findings.ts';
import { taskQueueOf } from '../run/request.ts';
import type { Talosctl } from '../talos/access.ts';
import { connectWorker } from '../temporal/connect-worker.ts';
import { type ConnectionSettings, connectionSettings } from '../temporal/connection-settings.ts';
import { connectClient, unreachable } from '../temporal/connection.ts';
import { endStepsOf } from '../temporal/dead-worker.ts';
import { installRuntime } from '../temporal/runtime.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { createWorker, workerIdentity } from '../temporal/worker.ts';
import { workflowBundle } from '../temporal/workflow-bundle.ts';
import { findTalosctl } from '../tools/talosctl.ts';
import type { Tool } from '../tools/tool.ts';
import { isServerAway } from './runs/temporal-errors.ts';

export interface RunningWorker {
  readonly definition: ClusterDefinition;
  readonly folder: ClusterFolder;
  readonly taskQueue: string;
  /** Resolves when it has stopped and given the folder back; rejects when it could not go on. */
  readonly stopped: Promise<void>;
  /**
   * Begins to stop: no new step is begun; a step that waits for a machine is left; a command that is under way is
   * finished, for at most 60 seconds.
   */
  stop(): void;
}

/**
 * Starts the worker of one cluster's folder: takes the folder's lock, finds or gets the cluster's talosctl, makes
 * sure that the server knows our search attributes, polls the folder's task queue. `report` is told in one line what
 * a person may want to know.
 */
export async function startWorker(
  clusterFile: string,
  report: (line: string) => void,
  settings: ConnectionSettings = connectionSettings(),
): Promise<RunningWorker> {
  process.umask(0o077); // whatever talosctl or a library writes is for this user alone
  const { definition, warnings } = await loadCluster(clusterFile);
  const folder = await openFolder(definition.folder);
  for (const warning of [...warnings, ...folder.warnings]) report(`warning: ${describeFinding(warning)}`);
  const lock = await lockFolder(folder.path);
  try {
    const talosctl = talosctlFinder(report);
    await talosctl(minorOf(definition.talos.version)); // better missed now than in the middle of a run
    const taskQueue = taskQueueOf(folder.id);
    const { takenOverFrom } = lock;
    const worker = await connectedWorker({ folder, talosctl, takenOverFrom }, taskQueue, report, settings);
    return { definition, folder, taskQueue, stop: () => worker.stop(), stopped: andThen(worker.stopped, lock.release) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function connectedWorker(
  {
    takenOverFrom,
    ...context
  }: { readonly folder: ClusterFolder; readonly talosctl: TalosctlFinder; readonly takenOverFrom: number | undefined },
  taskQueue: string,
  report: (line: string) => void,
  settings: ConnectionSettings,
): Promise<Pick<RunningWorker, 'stop' | 'stopped'>> {
  installRuntime(report);
  const client = await connectClient(settings);
  try {
    await ensureSearchAttributes(client.client.connection, client.namespace);
    if (takenOverFrom !== undefined) await endStepsOf(client.client, taskQueue, workerIdentity(takenOverFrom));
  } catch (error) {
    throw isServerAway(error) ? unreachable(settings.address, error) : error;
  } finally {
    await client.close();
  }
  const connection = await connectWorker(settings);
  const stopping = new AbortController();
  try {
    const worker = await createWorker({
      connection,
      namespace: settings.namespace,
      taskQueue,
      activities: createActivities({ ...context, stopping: stopping.signal }),
      bundle: await workflowBundle(),
    });
    const stopped = andThen(worker.run(), () => connection.close());
    // Until it polls, `start` would not find it.
    for (let waited = 0; worker.getState() !== 'RUNNING' && waited < 100; waited++)
      await Promise.race([sleep(50), stopped]);
    return {
      stopped,
      stop: () => {
        if (worker.getState() !== 'RUNNING') return;
        worker.shutdown(); // first: it must take no new steps when those under way leave
        stopping.abort(new WorkerStops());
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

type TalosctlFinder = (minor: string) => Promise<Talosctl>;

/**
 * Looks for each minor version's talosctl once; one that was not found is looked for again, as it
 * may be installed meanwhile.
 */
function talosctlFinder(report: (line: string) => void): TalosctlFinder {
  const found = new Map<string, Promise<Tool>>();
  return async (minor) => {
    const search = found.get(minor) ?? findTalosctl({ minor, install: true, report });
    found.set(minor, search);
    try {
      return { binary: (await search).path };
    } catch (error) {
      found.delete(minor);
      throw error;
    }
  };
}

/** Tidies up when something has ended, well or badly. */
async function andThen(work: Promise<void>, tidyUp: () => Promise<void>): Promise<void> {
  try {
    await work;
  } finally {
    await tidyUp();
  }
}
