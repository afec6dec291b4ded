import type { WorkerProcess } from './worker-process.ts';

/**
 * Waits for a run to go on after a blow: until the worker passes a point (a result, a decision, a question
 * whether an attempt counts), or a machine is called after it has begun an attempt. Its own start, and replaying
 * what was, are no progress.
 */
export class Hope {
  /** When the run went on, by `performance.now()`; undefined when it did not within the time, or was over before. */
  readonly progress: Promise<number | undefined>;
  /** Whether the worker has begun all these attempts anew; without any, whether the run went on. */
  readonly takeOver: Promise<boolean>;
  readonly #worker: WorkerProcess;
  readonly #missing: Set<string>;
  #needsServer: boolean;
  #hasBegun = false;
  #resolveProgress: (at: number | undefined) => void = () => undefined;
  #resolveTakeOver: (done: boolean) => void = () => undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(worker: WorkerProcess, withinMs: number, attempts: ReadonlySet<string>, needsServer = false) {
    this.#worker = worker;
    this.#missing = new Set([...attempts].map(withoutCount));
    this.#needsServer = needsServer;
    this.progress = new Promise((resolve) => (this.#resolveProgress = resolve));
    this.takeOver = new Promise((resolve) => (this.#resolveTakeOver = resolve));
    this.#timer = setTimeout(() => this.giveUp(), withinMs);
  }

  serverIsBack(): void {
    this.#needsServer = false;
  }

  began(worker: WorkerProcess, attempt: string): void {
    if (worker !== this.#worker || this.#needsServer) return;
    this.#hasBegun = true;
    if (this.#missing.delete(withoutCount(attempt)) && this.#missing.size === 0) this.#done(this.#resolveTakeOver);
  }

  machineWasCalled(): void {
    if (this.#hasBegun) this.#goesOn();
  }

  passed(worker: WorkerProcess): void {
    if (worker === this.#worker && !this.#needsServer) this.#goesOn();
  }

  giveUp(): void {
    clearTimeout(this.#timer);
    this.#resolveProgress(undefined);
    this.#resolveTakeOver(false);
  }

  #goesOn(): void {
    this.#resolveProgress(performance.now());
    if (this.#missing.size === 0) this.#done(this.#resolveTakeOver);
  }

  #done(resolve: (done: boolean) => void): void {
    clearTimeout(this.#timer);
    resolve(true);
  }
}

/** An attempt at an activity without its number. */
function withoutCount(attempt: string): string {
  return attempt.replace(/ \d+$/, '');
}
