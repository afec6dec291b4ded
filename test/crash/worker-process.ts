import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { signalTree } from '../process-tree.ts';
import type { WorkerMessage, WorkerOrder } from './worker.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export type Passing = Extract<WorkerMessage, { readonly kind: 'passes' }>;

/** Gets what a worker tells. */
export interface WorkerListener {
  /** At a point: the worker waits there until {@link WorkerProcess.letPass}. */
  passes(worker: WorkerProcess, passing: Passing): void;
  begins(worker: WorkerProcess, attempt: string): void;
  ends(worker: WorkerProcess, attempt: string): void;
  /** It ended without having been killed. */
  failed(worker: WorkerProcess): void;
}

/** A worker, to be killed, and frozen with all that it has started. */
export class WorkerProcess {
  readonly number: number;
  /** Attempts at activities that have begun and not ended. */
  readonly attempts = new Set<string>();
  /** When it first asked for work, by `performance.now()`. */
  pollsSince: number | undefined;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #isWanted = true;

  constructor(number: number, program: string, order: WorkerOrder, logFile: string, listener: WorkerListener) {
    this.number = number;
    const log = openSync(logFile, 'a', 0o600);
    this.#child = spawn(process.execPath, ['--enable-source-maps', program, JSON.stringify(order)], {
      cwd: root,
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#ended = once(this.#child, 'exit');
    this.#child.on('message', (message) => this.#hear(message as WorkerMessage, listener));
    this.#child.once('exit', () => {
      if (this.#isWanted) listener.failed(this);
    });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  letPass({ number }: Passing): void {
    if (this.#child.connected) this.#child.send(number, () => undefined);
  }

  /** The worker alone: what it has started may live on for a moment, as it would. */
  async kill(): Promise<void> {
    this.#isWanted = false;
    if (this.isAlive) this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** All that it has started is frozen too, as on a laptop whose lid is closed. */
  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  #signal(kind: NodeJS.Signals): void {
    if (this.isAlive && this.#child.pid !== undefined) signalTree(this.#child.pid, kind);
  }

  #hear(message: WorkerMessage, listener: WorkerListener): void {
    switch (message.kind) {
      case 'passes':
        listener.passes(this, message);
        break;
      case 'begins':
        this.attempts.add(message.attempt);
        listener.begins(this, message.attempt);
        break;
      case 'ends':
        this.attempts.delete(message.attempt);
        listener.ends(this, message.attempt);
        break;
      case 'polls':
        this.pollsSince = performance.now();
    }
  }
}
