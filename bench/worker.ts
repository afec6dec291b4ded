import { setTimeout as sleep } from 'node:timers/promises';
import { createActivities } from '../src/activities/index.ts';
import { openFolder } from '../src/cluster/folder.ts';
import { taskQueueOf } from '../src/run/request.ts';
import { connectWorker } from '../src/temporal/connect-worker.ts';
import { installRuntime } from '../src/temporal/runtime.ts';
import { createWorker } from '../src/temporal/worker.ts';

/** What the benchmark tells its worker, as JSON in the first argument. */
export interface WorkerOrder {
  readonly address: string;
  readonly namespace: string;
  /** The cluster's folder. */
  readonly folder: string;
  readonly talosctl: string;
  /** File of the workflows, bundled beforehand as in the package: bundling here would count as the worker's memory. */
  readonly bundle: string;
  /** A fixed wait before every run of one activity, to show that the benchmark sees it. */
  readonly plant?: { readonly activity: string; readonly waitMs: number };
}

type Activities = Record<string, (input: never) => Promise<unknown>>;

/** The product's worker, put together from its parts, with nothing else in its process. */
async function work(order: WorkerOrder): Promise<void> {
  process.umask(0o077);
  installRuntime();
  const { address, namespace, talosctl, bundle } = order;
  const folder = await openFolder(order.folder);
  const connection = await connectWorker({ address, namespace, options: { address } });
  const worker = await createWorker({
    connection,
    namespace,
    taskQueue: taskQueueOf(folder.id),
    activities: plant(createActivities({ folder, talosctl: async () => ({ binary: talosctl }) }), order.plant),
    bundle: { codePath: bundle },
  });
  const stopped = worker.run();
  process.once('disconnect', () => worker.shutdown()); // the benchmark ended, however it went
  process.send?.('polling');
  await stopped;
  await connection.close();
}

/** The same activities, of which one waits first. */
function plant(activities: Activities, wait: WorkerOrder['plant']): Activities {
  if (!wait) return activities;
  const original = activities[wait.activity];
  if (!original)
    throw new Error(`there is no activity ${wait.activity}; there are ${Object.keys(activities).join(', ')}`);
  const late = async (input: never): Promise<unknown> => {
    await sleep(wait.waitMs);
    return original(input);
  };
  return { ...activities, [wait.activity]: late };
}

await work(JSON.parse(process.argv[2] ?? '') as WorkerOrder);
