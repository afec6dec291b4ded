import { CancellationScope, condition } from '@temporalio/workflow';
import { describeFailure } from '../../run/words/failure-report.ts';
import type { Occasion } from '../../run/words/notification.ts';
import { notificationOf } from '../../run/words/notification.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { doing } from '../activities.ts';
import type { RunProgress } from '../run-progress.ts';

/**
 * How long the end of a run waits for messages that are still on their way; what tries to deliver one gives up before.
 */
const atTheEndMs = 60_000;

/**
 * Messages to people who are not looking on. Only the end of the run waits for them, and one that cannot
 * be delivered becomes a remark. They are sent whatever becomes of the work that gave rise to them: a run
 * that is called off says so.
 */
export class Notices {
  readonly #progress: RunProgress;
  readonly #underWay = new Set<Occasion>();
  readonly #remarked = new Set<string>();
  #run: RunReference | undefined;

  constructor(progress: RunProgress) {
    this.#progress = progress;
  }

  /** Knows from here on whether there is anybody to tell. */
  open(run: RunReference, notifiers: number): void {
    this.#run = notifiers > 0 ? run : undefined;
  }

  send(occasion: Occasion): void {
    const run = this.#run;
    if (!run) return;
    this.#underWay.add(occasion);
    void CancellationScope.nonCancellable(async () => {
      const notification = notificationOf(occasion, this.#progress.now);
      try {
        const failures = await doing(`Tell people: ${notification.title}`).notify({ run, notification });
        for (const failure of failures) this.#remarkOnce(failure);
      } catch (error) {
        this.#remarkOnce(describeFailure(error));
      } finally {
        this.#underWay.delete(occasion);
      }
    });
  }

  /**
   * Tells how the run ended, and returns when every message has been sent or given up. A plan alone sends none: the
   * person who asked for it is looking on.
   */
  async end(): Promise<void> {
    if (!this.#progress.now.onlyPlan) this.send({ event: 'end' });
    if (this.#underWay.size === 0) return;
    await condition(() => this.#underWay.size === 0, atTheEndMs, { summary: 'The last messages are on their way' });
  }

  /** Once is enough: a notifier that is broken fails at every occasion. */
  #remarkOnce(failure: string): void {
    if (this.#remarked.has(failure)) return;
    this.#remarked.add(failure);
    this.#progress.remark(`A message could not be delivered: ${failure}`);
  }
}
