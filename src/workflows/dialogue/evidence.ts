import { CancellationScope, condition } from '@temporalio/workflow';
import { describeFailure } from '../../run/words/failure-report.ts';
import type { FailureGate } from '../../run/gates.ts';
import { machinesConcerned } from '../../run/machines-concerned.ts';
import type { NodeProgress } from '../../run/progress.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { doing } from '../activities.ts';

/**
 * How long the end of a run waits for evidence that is still being collected; each machine has a few seconds to answer.
 */
const atTheEndMs = 30_000;

/** Evidence on failed steps. A question opens without it and gets its place when it is there. */
export class Evidence {
  #underWay = 0;

  /** Begins to collect it, and tells where it is, or why there is none. */
  collect(
    run: RunReference,
    gate: FailureGate,
    nodes: readonly NodeProgress[],
    tell: { readonly found: (folder: string) => void; readonly missed: (why: string) => void },
  ): void {
    const concerned = machinesConcerned(gate, nodes);
    if (concerned.length === 0) return;
    this.#underWay += 1;
    void CancellationScope.nonCancellable(async () => {
      try {
        const input = { run, phase: gate.phase, at: gate.openedAt, nodes: concerned };
        tell.found(await doing(`Collect evidence of ${concerned.join(', ')}`).collectEvidence(input));
      } catch (error) {
        tell.missed(describeFailure(error));
      } finally {
        this.#underWay -= 1;
      }
    });
  }

  async settled(): Promise<void> {
    if (this.#underWay === 0) return;
    await condition(() => this.#underWay === 0, atTheEndMs, { summary: 'Evidence is being collected' });
  }
}
