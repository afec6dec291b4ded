import { hostname } from 'node:os';
import { type NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';

/** What a worker polls, and with what it answers. */
export interface WorkerSettings {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly activities: object;
  readonly bundle: WorkflowBundleOption;
}

/** The name under which the server knows the worker in a process of this computer. */
export function workerIdentity(pid: number): string {
  return `${pid}@${hostname()}`;
}

/** Makes a worker with the settings that a rebuild needs; `run()` starts it, `shutdown()` ends it within 90 seconds. */
export async function createWorker({ bundle, ...settings }: WorkerSettings): Promise<Worker> {
  return Worker.create({
    ...settings,
    identity: workerIdentity(process.pid),
    workflowBundle: bundle,
    // Cancelling is heard with a heartbeat, and a person watches them: 2 s, not the 60 s that are the default.
    maxHeartbeatThrottleInterval: '2s',
    // How long a run stands still after its worker was killed, before another takes it over.
    stickyQueueScheduleToStartTimeout: '2s',
    // Longer than the longest single talosctl call: a command that was begun is finished and its result kept.
    shutdownGraceTime: '60s',
    shutdownForceTime: '90s',
    // Every machine that is waited for holds one; the goal are clusters of a few hundred.
    maxConcurrentActivityTaskExecutions: 200,
    maxCachedWorkflows: 200,
  });
}
