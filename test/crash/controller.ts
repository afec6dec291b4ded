import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { PassingCall } from '../../simulator/src/lab.ts';
import type { Action, Blow, BlowSource, DealtBlow } from './blow.ts';
import { Hope } from './hope.ts';
import type { Point } from './points.ts';
import type { Passing, WorkerListener, WorkerProcess } from './worker-process.ts';

/** What the controller can lay hands on. */
export interface Victims {
  /** The cluster's folder. */
  readonly folder: string;
  startWorker(listener: WorkerListener): WorkerProcess;
  /** Kills the Temporal server's processes; its supervisor starts it again. */
  killServer(): void;
  /** Calls back each time the server serves again. */
  onServerBack(listener: () => void): void;
}

const progressWithinMs = 60_000;
const takeOverWithinMs = 40_000;
const endsWithinMs = 20_000;

/**
 * Sees every point that is passed, and strikes where a blow is due, one after the other: the next one only
 * when the run has gone on.
 */
export class Controller implements WorkerListener {
  /** Every point in the order in which it was first passed. */
  readonly passed = new Map<string, Point>();
  readonly dealt: DealtBlow[] = [];
  /** What must not have happened, in words. */
  readonly findings: string[] = [];
  readonly #victims: Victims;
  readonly #due: BlowSource;
  readonly #workers = new Set<WorkerProcess>();
  #worker: WorkerProcess;
  #hope: Hope | undefined;
  #isBusy = false;
  #isOver = false;
  /** The frozen worker, whose points wait. */
  #frozen: { readonly worker: WorkerProcess; readonly waiting: Passing[] } | undefined;
  /** Attempts that another worker has taken over, of a worker that goes on. */
  #superseded: ReadonlySet<string> = new Set();
  /** Those of them that have asked since whether they count. */
  readonly #asking = new Set<string>();
  #striking: Promise<void> = Promise.resolve();
  readonly #onEnd = new Set<() => void>();

  constructor(victims: Victims, due: BlowSource) {
    this.#victims = victims;
    this.#due = due;
    this.#worker = this.#start();
    victims.onServerBack(() => this.#hope?.serverIsBack());
  }

  /** A machine is called: says whether the connection is to be cut. */
  async called({ phase }: PassingCall, point: Point): Promise<'go on' | 'drop'> {
    this.#hope?.machineWasCalled();
    const blow = this.#take([point]);
    if (blow === undefined) return 'go on';
    this.#strike(blow);
    const isGone = blow.action === 'kill worker' || (blow.action === 'freeze worker' && phase === 'before');
    return isGone ? 'drop' : 'go on';
  }

  passes(worker: WorkerProcess, passing: Passing): void {
    const { points, attempt } = passing;
    this.#hope?.passed(worker);
    if (attempt !== undefined) this.#watchSuperseded(attempt, points);
    if (this.#frozen?.worker === worker) {
      this.#frozen.waiting.push(passing);
      return;
    }
    const blow = worker === this.#worker ? this.#take(points) : undefined;
    if (blow === undefined) return worker.letPass(passing);
    this.#strike(blow);
    switch (blow.action) {
      case 'kill worker':
        return;
      case 'kill server':
        return worker.letPass(passing);
      case 'freeze worker':
        this.#frozen?.waiting.push(passing);
    }
  }

  /**
   * An answer that was on its way before the worker was frozen does no harm: by then, what it was
   * about is too old to act on.
   */
  #watchSuperseded(attempt: string, points: readonly Point[]): void {
    if (!this.#superseded.has(attempt)) return;
    for (const { kind, id } of points) {
      if (kind !== 'consent') continue;
      if (id.startsWith('before')) this.#asking.add(attempt);
      else if (this.#asking.has(attempt))
        this.findings.push(`a superseded attempt was told that it counts: ${attempt}`);
    }
  }

  begins(worker: WorkerProcess, attempt: string): void {
    this.#hope?.began(worker, attempt);
  }

  ends(worker: WorkerProcess): void {
    if (this.#haveAllEnded(worker)) for (const heard of this.#onEnd) heard();
  }

  failed(worker: WorkerProcess): void {
    if (!this.#isOver) this.findings.push(`worker ${worker.number} ended by itself`);
  }

  /** Nothing is struck any more; resolves when no worker is left. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#hope?.giveUp();
    for (const heard of this.#onEnd) heard();
    await this.#striking;
    await Promise.all([...this.#workers].map((worker) => worker.kill()));
  }

  #take(points: readonly Point[]): Blow | undefined {
    for (const point of points) if (!this.passed.has(point.id)) this.passed.set(point.id, point);
    return this.#isBusy || this.#isOver ? undefined : this.#due.take(points);
  }

  /** Strikes at once; what follows from it takes its time. */
  #strike(blow: Blow): void {
    this.#isBusy = true;
    this.#striking = this.#seeThrough(blow).finally(() => void (this.#isBusy = false));
  }

  async #seeThrough(blow: Blow): Promise<void> {
    const { action, point } = blow;
    const begun = performance.now();
    try {
      const at = await this.#aftermathOf(action);
      if (at === undefined && !this.#isOver)
        this.findings.push(`no progress within ${progressWithinMs / 1000} s after: ${action}, ${point.id}`);
      const back = this.#worker.pollsSince;
      this.dealt.push({
        ...blow,
        ...(at === undefined ? {} : { progressAfterMs: at - begun }),
        ...(back === undefined || back < begun ? {} : { workerBackAfterMs: back - begun }),
      });
    } catch (error) {
      this.findings.push(`${action}, ${point.id}: ${String(error)}`);
    }
  }

  /** Does it, and resolves with the instant at which the run goes on. */
  #aftermathOf(action: Action): Promise<number | undefined> {
    switch (action) {
      case 'kill worker':
        return this.#killWorker();
      case 'kill server':
        return this.#killServer();
      case 'freeze worker':
        return this.#freezeWorker();
    }
  }

  async #killWorker(): Promise<number | undefined> {
    await this.#worker.kill();
    this.#workers.delete(this.#worker);
    if (this.#isOver) return undefined;
    this.#worker = this.#start();
    return this.#progressOf(this.#worker);
  }

  async #killServer(): Promise<number | undefined> {
    this.#victims.killServer();
    return this.#progressOf(this.#worker, 'after the server is back');
  }

  /**
   * Freezes the worker until another has taken all its attempts over, then lets it go on: what was superseded has to
   * end without having acted. The second one takes the folder's lock as one on another computer or in another container
   * would, which cannot see the first one's process.
   */
  async #freezeWorker(): Promise<number | undefined> {
    const frozen = this.#worker;
    const waiting: Passing[] = [];
    frozen.freeze();
    this.#frozen = { worker: frozen, waiting };
    const attempts = new Set(frozen.attempts);
    await rm(path.join(this.#victims.folder, 'lock'), { force: true });
    this.#worker = this.#start();
    const takenOver = new Hope(this.#worker, takeOverWithinMs, attempts);
    this.#hope = takenOver;
    const at = await takenOver.progress;
    if (!(await takenOver.takeOver) && !this.#isOver)
      this.findings.push('the attempts of a frozen worker were not taken over');
    this.#superseded = attempts;
    const ended = this.#haveEnded(frozen);
    this.#frozen = undefined;
    frozen.thaw();
    for (const passing of waiting) {
      if (passing.attempt !== undefined) this.#watchSuperseded(passing.attempt, passing.points);
      frozen.letPass(passing);
    }
    if (!(await ended)) this.findings.push(`superseded attempts did not end within ${endsWithinMs / 1000} s`);
    await frozen.kill();
    this.#workers.delete(frozen);
    return at;
  }

  async #progressOf(worker: WorkerProcess, from?: 'after the server is back'): Promise<number | undefined> {
    this.#hope = new Hope(worker, progressWithinMs, new Set(), from !== undefined);
    return this.#hope.progress;
  }

  async #haveEnded(worker: WorkerProcess): Promise<boolean> {
    if (this.#isOver || this.#haveAllEnded(worker)) return true;
    let heard: () => void = () => undefined;
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<boolean>((resolve) => {
      heard = () => resolve(true);
      timer = setTimeout(() => resolve(false), endsWithinMs);
    });
    this.#onEnd.add(heard);
    try {
      return await ended;
    } finally {
      clearTimeout(timer);
      this.#onEnd.delete(heard);
    }
  }

  #haveAllEnded({ attempts }: WorkerProcess): boolean {
    return [...this.#superseded].every((attempt) => !attempts.has(attempt));
  }

  #start(): WorkerProcess {
    const worker = this.#victims.startWorker(this);
    this.#workers.add(worker);
    return worker;
  }
}
