import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const graceMs = 5_000;

/** A worker in a process of its own, so that it and the simulated machines do not wait for each other. */
export interface WorkerProcess {
  stop(): Promise<void>;
}

/**
 * Starts the worker and resolves when it is ready. It ends with this process, however this one ends. Rejects with what
 * the worker wrote when it does not come up.
 */
export async function startWorkerProcess(
  clusterFile: string,
  env: NodeJS.ProcessEnv,
  logFile: string,
  signal: AbortSignal,
): Promise<WorkerProcess> {
  const log = openSync(logFile, 'a', 0o600);
  const args = ['scripts/start.mjs', 'src/worker.ts', '--cluster', clusterFile, '--json'];
  // In a group of its own: a Ctrl-C is for the demo, which stops the worker in its turn.
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', log, 'ipc'],
  });
  const stop = async (): Promise<void> => endChild(child);
  try {
    await ready(child, logFile, signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

async function ready(child: ChildProcess, logFile: string, signal: AbortSignal): Promise<void> {
  const exit = new AbortController();
  const ended = once(child, 'exit', { signal: exit.signal }).then(() => 'ended' as const);
  const said = child.stdout === null ? ended : once(child.stdout, 'data', { signal }).then(() => 'ready' as const);
  ended.catch(() => undefined);
  said.catch(() => undefined);
  const first = await Promise.race([ended, said]);
  exit.abort();
  if (first === 'ended') throw new Error(`The worker did not start:\n${await readFile(logFile, 'utf8')}`);
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(kill);
}
