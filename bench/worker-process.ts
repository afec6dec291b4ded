import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { withTimeLimit } from '../src/talos/time-limit.ts';
import type { WorkerOrder } from './worker.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const startWithinMs = 60_000;
const stopWithinMs = 5_000;

/**
 * The worker in a process of its own, so that its memory can be measured and the simulated
 * machines do not slow it down.
 */
export interface WorkerProcess {
  /** The most memory that it ever had, in bytes; undefined where the system does not tell (it does on Linux). */
  peakMemory(): Promise<number | undefined>;
  stop(): Promise<void>;
  /** Ends it as a power cut would: with SIGKILL, in the middle of whatever it does. */
  kill(): Promise<void>;
}

/** Starts the worker and resolves when it polls. It ends with this process, however this one ends. */
export async function startWorkerProcess(order: WorkerOrder, logFile: string): Promise<WorkerProcess> {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, ['scripts/start.mjs', 'bench/worker.ts', JSON.stringify(order)], {
    cwd: root,
    detached: true, // a Ctrl-C is for the benchmark, which stops the worker in its turn
    stdio: ['ignore', log, log, 'ipc'],
  });
  const polls = once(child, 'message', { signal: withTimeLimit(startWithinMs) }).then(() => true);
  const ended = once(child, 'exit').then(() => false);
  const isUp = await Promise.race([polls, ended]).catch(() => false);
  polls.catch(() => undefined);
  if (!isUp) {
    await stop(child);
    throw new Error(`The worker did not start:\n${await readFile(logFile, 'utf8')}`);
  }
  return {
    peakMemory: async () => peakMemoryOf(child.pid),
    stop: async () => stop(child),
    kill: async () => {
      const gone = once(child, 'exit');
      if (child.kill('SIGKILL')) await gone;
    },
  };
}

/** `VmHWM`, the high water mark of resident memory (proc_pid_status(5)). */
async function peakMemoryOf(pid: number | undefined): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  const kill = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await ended;
  clearTimeout(kill);
}
