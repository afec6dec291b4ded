import { condition, setHandler } from '@temporalio/workflow';
import type { Asked } from '../messages.ts';
import { pauseUpdate, resumeUpdate } from '../messages.ts';
import { refuse } from './refuse.ts';
import type { RunProgress } from '../run-progress.ts';
import { instant } from '../run-progress.ts';

/** Lets a person hold the run at its next safe point, and let it go on. */
export class Pause {
  readonly #progress: RunProgress;
  readonly #changed: () => void;

  /** `changed` is called whenever the run stands still or goes on. */
  constructor(progress: RunProgress, changed: () => void) {
    this.#progress = progress;
    this.#changed = changed;
    setHandler(pauseUpdate, (asked) => this.#begin(asked), {
      description: 'Hold the run at the next safe point. One object: by, reason.',
      validator: (_asked) => refuse(this.#whyEnded() ?? (this.#isAsked ? 'The run is paused already.' : undefined)),
    });
    setHandler(resumeUpdate, (asked) => this.#end(asked), {
      description: 'Let a paused run go on. One object: by, reason.',
      validator: (_asked) => refuse(this.#whyEnded() ?? (this.#isAsked ? undefined : 'The run is not paused.')),
    });
  }

  /** Stands still here while the run is paused. Machines that are on their way go on. */
  async safePoint(where: string): Promise<void> {
    const { pause } = this.#progress.now;
    if (!pause) return;
    this.#progress.update({ pause: { ...pause, at: pause.at ?? where } });
    this.#changed();
    await condition(() => !this.#isAsked);
  }

  get #isAsked(): boolean {
    return this.#progress.now.pause !== undefined;
  }

  #whyEnded(): string | undefined {
    const { outcome } = this.#progress.now;
    return outcome && `The run has ended: ${outcome}.`;
  }

  #begin({ by, reason }: Asked): void {
    if (this.#isAsked) return;
    this.#progress.update({ pause: { by, reason, requestedAt: instant() } });
    this.#progress.remark(`${by} paused the run${reason && `: ${reason}`}`);
  }

  #end({ by, reason }: Asked): void {
    this.#progress.endPause();
    this.#progress.remark(`${by} let the run go on${reason && `: ${reason}`}`);
    this.#changed();
  }
}
