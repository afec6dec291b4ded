import { Context } from '@temporalio/activity';
import type { WorkflowInfo } from '@temporalio/workflow';
import type { InjectedSinks } from '@temporalio/worker';
import { createActivities } from '../../src/activities/index.ts';
import { openFolder } from '../../src/cluster/folder.ts';
import { lockFolder } from '../../src/cluster/lock.ts';
import { taskQueueOf } from '../../src/run/request.ts';
import { connectWorker } from '../../src/temporal/connect-worker.ts';
import { connectClient } from '../../src/temporal/connection.ts';
import { endStepsOf } from '../../src/temporal/dead-worker.ts';
import { installRuntime } from '../../src/temporal/runtime.ts';
import { createWorker, workerIdentity } from '../../src/temporal/worker.ts';
import { consentPoint, resultPoint, taskPoint } from './points.ts';
import type { Point, Role } from './points.ts';
import type { PointSinks } from './workflow-points.ts';

/** What the suite tells its worker, as JSON in the first argument. */
export interface WorkerOrder {
  readonly address: string;
  readonly namespace: string;
  /** The cluster's folder. */
  readonly folder: string;
  readonly talosctl: string;
  /** File of the workflows, bundled beforehand with the suite's interceptors. */
  readonly bundle: string;
}

/** What the worker tells the suite. A point is passed when the suite has answered with its number, and not before. */
export type WorkerMessage =
  | { readonly kind: 'polls' }
  | { readonly kind: 'passes'; readonly number: number; readonly points: readonly Point[]; readonly attempt?: string }
  /** An attempt at an activity begins, or has ended however it went. */
  | { readonly kind: 'begins' | 'ends'; readonly attempt: string };

let passed = 0;
const waiting = new Map<number, () => void>();

/**
 * The product's worker, put together from its parts, with interceptors that ask the suite at
 * each point whether to go on.
 */
async function work(order: WorkerOrder): Promise<void> {
  process.umask(0o077);
  installRuntime();
  process.on('message', (number: number) => {
    waiting.get(number)?.();
    waiting.delete(number);
  });
  const { address, namespace, talosctl, bundle } = order;
  const folder = await openFolder(order.folder);
  const lock = await lockFolder(folder.path);
  const settings = { address, namespace, options: { address } };
  const taskQueue = taskQueueOf(folder.id);
  if (lock.takenOverFrom !== undefined) {
    const temporal = await connectClient(settings);
    await endStepsOf(temporal.client, taskQueue, workerIdentity(lock.takenOverFrom));
    await temporal.close();
  }
  const connection = await connectWorker(settings);
  const observed = {
    connection,
    namespace,
    taskQueue,
    activities: createActivities({ folder, talosctl: async () => ({ binary: talosctl }) }),
    bundle: { codePath: bundle },
    sinks: taskPoints(),
    interceptors: { activity: [activityPoints] },
  };
  const worker = await createWorker(observed);
  const stopped = worker.run();
  process.once('disconnect', () => process.exit(1)); // the suite ended, however it went
  tell({ kind: 'polls' });
  await stopped;
  await connection.close();
  await lock.release();
}

function activityPoints(context: Context) {
  const { activityType, activityId, attempt: count, workflowExecution } = context.info;
  const attempt = `${workflowExecution?.workflowId} ${activityId} ${activityType} ${count}`;
  return {
    inbound: {
      async execute(input: { args: unknown[]; headers: never }, next: (input: never) => Promise<unknown>) {
        const role = roleIn(input.args[0]);
        watchConsent(context, activityType, role, attempt);
        tell({ kind: 'begins', attempt });
        try {
          const result = await next(input as never);
          await pass([resultPoint(activityType, role)], attempt);
          return result;
        } finally {
          tell({ kind: 'ends', attempt });
        }
      },
    },
  };
}

/** The product asks the server by a heartbeat that waits for its answer. */
function watchConsent(context: Context, activity: string, role: Role | undefined, attempt: string): void {
  const { client } = context;
  const asking = new Proxy(client.activity, {
    get(target, key) {
      if (key !== 'heartbeat') return Reflect.get(target, key) as unknown;
      return async (token: Uint8Array, details?: unknown): Promise<void> => {
        await pass([consentPoint(activity, role, 'before')], attempt);
        await target.heartbeat(token, details);
        await pass([consentPoint(activity, role, 'after')], attempt);
      };
    },
  });
  const watched = new Proxy(client, {
    get: (target, key) => (key === 'activity' ? asking : (Reflect.get(target, key) as unknown)),
  });
  Object.defineProperty(context, 'client', { value: watched });
}

function taskPoints(): InjectedSinks<PointSinks> {
  return {
    points: {
      concluded: {
        fn: async ({ workflowType }: WorkflowInfo, role, commands) => {
          const owner = workflowType === 'rebuildNode' ? 'a machine' : 'the run';
          const names = commands.length === 0 ? ['no command'] : [...new Set(commands)];
          await pass(names.map((name) => taskPoint(owner, role as Role | undefined, name)));
        },
      },
    },
  };
}

/** Resolves when the suite lets the worker go on; it may never. */
async function pass(points: readonly Point[], attempt?: string): Promise<void> {
  passed += 1;
  const number = passed;
  const answered = new Promise<void>((resolve) => waiting.set(number, resolve));
  tell({ kind: 'passes', number, points, ...(attempt === undefined ? {} : { attempt }) });
  await answered;
}

function tell(message: WorkerMessage): void {
  process.send?.(message);
}

/** Steps on one machine name it, with its role. */
function roleIn(input: unknown): Role | undefined {
  return (input as { node?: { role?: Role } } | undefined)?.node?.role;
}

await work(JSON.parse(process.argv[2] ?? '') as WorkerOrder);
