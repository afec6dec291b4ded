import { randomUUID } from 'node:crypto';
import { Ended } from './ended.ts';
import type { Effect } from './journal.ts';
import type { Stage } from './stages.ts';

export type SequenceName = 'initialize' | 'install' | 'boot' | 'reboot' | 'reset' | 'shutdown' | 'upgrade';

/** Which running sequence may be ended by which other one; a shutdown ends any. */
const takeovers: Partial<Record<SequenceName, SequenceName[]>> = {
  initialize: ['reboot'],
  boot: ['reboot', 'reset', 'upgrade'],
  reboot: ['reboot'],
  reset: ['reboot'],
};

const stages: Partial<Record<SequenceName, Stage>> = {
  initialize: 'booting',
  boot: 'booting',
  reboot: 'rebooting',
  reset: 'resetting',
  shutdown: 'shutting down',
  upgrade: 'upgrading',
};

interface Running {
  name: SequenceName;
  abort: AbortController;
  done: Promise<void>;
}

/** What Talos itself gives up on: events and the kernel log tell of it. */
export class SequenceFailure extends Error {}

/** One step of a sequence: a phase with its task, during which the sequence may be taken over. */
export type Step = (phase: string, task: string, work: (signal: AbortSignal) => Promise<void> | void) => Promise<void>;

/** What a sequence needs of the boot that it is a part of. */
export interface SequencedBoot {
  readonly signal: AbortSignal;
  stage: Stage;
  readonly machine: {
    task(work: Promise<void>): void;
    record(effect: Effect, details: Record<string, unknown>): void;
  };
  publish(type: string, payload: Record<string, unknown>, actorId: string): void;
  log(message: string): void;
}

/** Runs sequences one at a time, by Talos's rules of who may take over from whom. */
export class Sequences {
  readonly #boot: SequencedBoot;
  #running: Running | undefined;

  constructor(boot: SequencedBoot) {
    this.#boot = boot;
  }

  get running(): SequenceName | undefined {
    return this.#running?.name;
  }

  /**
   * Starts a sequence in the background, as the API does that answers before anything happens. A sequence that may not
   * take over from the running one is dropped: an event says so, nobody else hears of it.
   */
  launch(name: SequenceName, actorId: string, body: (step: Step) => Promise<void>): void {
    const failed = (error: unknown) => {
      if (!(error instanceof SequenceFailure)) throw error;
    };
    this.#boot.machine.task(this.run(name, body, actorId).catch(failed));
  }

  /** Runs a sequence to its end. Rejects when it is aborted or fails. */
  async run(name: SequenceName, body: (step: Step) => Promise<void>, actorId = ''): Promise<void> {
    const boot = this.#boot;
    const former = this.#running;
    if (former !== undefined && name !== 'shutdown' && takeovers[former.name]?.includes(name) !== true) {
      boot.publish(
        'SequenceEvent',
        { sequence: name, action: 'NOOP', error: { code: 'LOCKED', message: 'sequence not started: locked' } },
        actorId,
      );
      boot.machine.record('sequence-dropped', { sequence: name, running: former.name });
      return;
    }
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, boot.signal]);
    const done = withResolvers();
    this.#running = { name, abort, done: done.promise };
    if (former !== undefined) {
      boot.machine.record('sequence-canceled', { sequence: former.name, by: name });
      former.abort.abort(new Ended(`the ${former.name} sequence was taken over by ${name}`));
      await former.done;
    }
    try {
      await this.#execute(name, body, signal, actorId);
    } finally {
      if (this.#running?.abort === abort) this.#running = undefined;
      done.resolve();
    }
  }

  async #execute(
    name: SequenceName,
    body: (step: Step) => Promise<void>,
    signal: AbortSignal,
    actorId: string,
  ): Promise<void> {
    const boot = this.#boot;
    const publish = (type: string, payload: Record<string, unknown>) => boot.publish(type, payload, actorId);
    publish('SequenceEvent', { sequence: name, action: 'START' });
    boot.log(`[talos] ${name} sequence: started`);
    const stage = stages[name];
    if (stage !== undefined) boot.stage = stage;
    try {
      await body(async (phase, task, work) => {
        signal.throwIfAborted();
        publish('PhaseEvent', { phase, action: 'START' });
        publish('TaskEvent', { task, action: 'START' });
        boot.log(`[talos] task ${task} (1/1): starting`);
        await work(signal);
        publish('TaskEvent', { task, action: 'STOP' });
        publish('PhaseEvent', { phase, action: 'STOP' });
      });
      publish('SequenceEvent', { sequence: name, action: 'STOP' });
    } catch (error) {
      publish('SequenceEvent', { sequence: name, action: 'STOP' });
      if (signal.aborted) {
        publish('SequenceEvent', {
          sequence: name,
          action: 'NOOP',
          error: { code: 'CANCELED', message: 'sequence failed: context canceled' },
        });
        throw signal.reason;
      }
      const message = error instanceof Error ? error.message : String(error);
      publish('SequenceEvent', {
        sequence: name,
        action: 'NOOP',
        error: { code: 'FATAL', message: `sequence failed: ${message}` },
      });
      boot.log(`[talos] fatal sequencer error in "${name}" sequence: ${message}`);
      throw error;
    }
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

export function newActorId(): string {
  return randomUUID();
}
