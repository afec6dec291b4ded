import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { likelyCauses } from '../run/causes.ts';
import { describeFailure, failureTypeOf, remedyFor } from '../run/words/failure-report.ts';
import type { ApprovalGate, Choice } from '../run/gates.ts';
import type { Approvals } from '../run/cluster-definition.ts';
import type { PhaseName } from '../run/operations.ts';
import { phases } from '../run/operations.ts';
import type { NodeProgress, Progress } from '../run/progress.ts';
import type { Outcome } from '../run/outcomes.ts';
import type { RunRequest } from '../run/request.ts';
import type { OpenedRun, RunReference } from '../run/run-reference.ts';
import { doing } from './activities.ts';
import type { Asked } from './messages.ts';
import { cancelUpdate, progressQuery } from './messages.ts';
import { Notices } from './dialogue/notices.ts';
import { Pause } from './dialogue/pause.ts';
import { Questions } from './dialogue/questions.ts';
import type { Approval } from './dialogue/questions.ts';
import { refuse } from './dialogue/refuse.ts';
import { instant, RunProgress } from './run-progress.ts';

const phaseAttribute = defineSearchAttributeKey('TalosPhase', 'KEYWORD');

/** What to ask consent for, and how long to wait for it. */
export type Consent = Pick<ApprovalGate, 'id' | 'title' | 'digest' | 'consequences'> & { readonly approval: Approvals };

/** How a run that is called off before the point of no return leaves the machines as they were. */
export interface WayBack {
  /** Resolves when nothing more is sent to any machine. */
  readonly settled: () => Promise<void>;
  /** Gives the machines back what was taken from them. */
  readonly giveBack: () => Promise<void>;
  /** The phase in which a person sees it. */
  readonly phase: PhaseName;
}

/**
 * One run as a person sees it: its phases, its gates and the messages that it answers from the first moment on.
 * Everything it does happens in one scope, which `end` cancels: an ended run sends nothing more.
 */
export class Run {
  readonly progress: RunProgress;
  #work: CancellationScope | undefined;
  #reference: RunReference | undefined; // absent until the run's folder is made
  #phase: PhaseName = 'preflight';
  readonly #notices: Notices;
  readonly #questions: Questions;
  readonly pause: Pause;
  #wayBack: WayBack | undefined;
  #amend: (() => Promise<void>) | undefined;

  constructor(request: RunRequest) {
    this.progress = new RunProgress(request);
    this.#notices = new Notices(this.progress);
    this.#questions = new Questions(this.progress, this.#notices);
    this.pause = new Pause(this.progress, () => this.#questions.show());
    this.#listen();
  }

  /** Knows the machines from here on, each still waiting. */
  open({ run, path, nodes, notifiers }: OpenedRun): void {
    this.#reference = run;
    this.#notices.open(run, notifiers);
    this.#questions.open(run);
    const since = instant();
    this.progress.update({
      folder: path,
      nodes: nodes.map((node): NodeProgress => ({ ...node, stage: 'waiting', since })),
    });
  }

  /**
   * Runs the phases and writes the report, however the run ends. Temporal's own cancel request is heeded before the
   * point of no return and only recorded after it.
   */
  async carryOut(body: () => Promise<void>): Promise<Progress> {
    CancellationScope.current().cancelRequested.catch(() => this.#cancel({ by: 'Temporal', reason: 'cancel request' }));
    return CancellationScope.nonCancellable(async () => {
      this.#work = new CancellationScope({ cancellable: true });
      if (this.progress.now.outcome) this.#work.cancel(); // by a message that came before the first step
      try {
        await this.#work.run(body);
      } catch (error) {
        if (!(isCancellation(error) && this.progress.now.outcome)) throw error;
        await this.#callOff();
      }
      this.progress.update({ endedAt: instant() });
      await this.#questions.settled();
      await this.#report();
      await this.#notices.end();
      await condition(allHandlersFinished);
      return this.progress.now;
    });
  }

  /** From here on something has been done to machines: what it takes to end the run before the point of no return. */
  beforeCallOff(wayBack: WayBack): void {
    this.#wayBack = wayBack;
  }

  /** From here on a gate can also be answered with `amend`. */
  mayAmend(amend: () => Promise<void>): void {
    this.#amend = amend;
  }

  /** The run has done what it was for. */
  finish(outcome: Outcome, verdict: string): void {
    this.progress.update({ outcome, verdict });
  }

  /** A report that cannot be written does not undo what was done. */
  async #report(): Promise<void> {
    if (!this.#reference) return;
    try {
      await doing('Write the report').writeReport({ run: this.#reference, progress: this.progress.now });
    } catch (error) {
      this.progress.remark(`The report could not be written: ${describeFailure(error)}`);
    }
  }

  /** Ends the run on purpose: everything under way is cancelled and waited for; this never returns. */
  async stop(outcome: Outcome, verdict: string): Promise<never> {
    this.#end(outcome, verdict);
    return CancellationScope.current().cancelRequested;
  }

  #end(outcome: Outcome, verdict: string): void {
    if (this.progress.now.outcome) return;
    this.progress.update({ outcome, verdict });
    this.#work?.cancel();
  }

  /**
   * Machines that were reset get their old configuration back; a failure to do so asks a person, like everything else.
   */
  async #callOff(): Promise<void> {
    const back = this.#wayBack;
    await back?.settled();
    this.#close();
    if (!back || this.progress.now.pointOfNoReturnPassedAt !== undefined) return;
    await this.phase(back.phase, back.giveBack, {
      skip: (reason) => this.progress.remark(`Not given back: ${reason}`),
    });
  }

  /**
   * One phase: it ends in success, or in a gate that holds it until a person has it retried, skipped (where
   * that is safe) or aborted.
   */
  async phase<T>(name: PhaseName, body: () => Promise<T>): Promise<T>;
  async phase<T>(name: PhaseName, body: () => Promise<T>, options: { skip: (reason: string) => T }): Promise<T>;
  async phase<T>(name: PhaseName, body: () => Promise<T>, options?: { skip: (reason: string) => T }): Promise<T> {
    await this.pause.safePoint(`before ${phases[name].title.toLowerCase()}`);
    this.#begin(name);
    for (;;) {
      try {
        const result = await body();
        this.progress.setPhase(name, { state: 'done', endedAt: instant() });
        return result;
      } catch (error) {
        if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
        const choice = await this.ask({ phase: name, error, skip: options !== undefined });
        if (choice === 'skip' && options) {
          this.progress.setPhase(name, { state: 'skipped', endedAt: instant() });
          return options.skip(describeFailure(error));
        }
      }
    }
  }

  skipPhase(name: PhaseName, note: string): void {
    this.progress.setPhase(name, { state: 'skipped', note });
  }

  #begin(name: PhaseName): void {
    this.#phase = name;
    this.progress.setPhase(name, { state: 'running', startedAt: instant() });
    upsertSearchAttributes([{ key: phaseAttribute, value: phases[name].title }]);
  }

  /**
   * Opens a gate for a failure, of a phase or of one machine in it, and waits until a person has it tried again, by the
   * same plan or by an amended one, or skipped where that is safe. `abort` ends the run.
   */
  async ask(failed: {
    readonly phase: PhaseName;
    readonly error: unknown;
    readonly node?: string;
    readonly skip?: boolean;
  }): Promise<'retry' | 'skip'> {
    const { phase, node, skip = false } = failed;
    const { title } = phases[phase];
    for (let { error } = failed; ;) {
      const seen = describeFailure(error);
      const gate = {
        id: node === undefined ? phase : `${phase}/${node}`,
        phase,
        title: `${title}${node === undefined ? '' : ` of ${node}`} did not succeed`,
        seen,
        remedy: remedyFor(error),
        causes: likelyCauses({ type: failureTypeOf(error), phase, seen }),
        choices: this.#choices(skip),
        ...(node === undefined ? {} : { node }),
      };
      const choice = await this.#questions.ask(gate);
      if (choice === 'abort') return this.stop('aborted', `Aborted by a person: ${gate.title}. ${gate.seen}`);
      if (choice !== 'amend') return choice;
      try {
        await this.#amend?.();
        return 'retry';
      } catch (refusal) {
        if (isCancellation(refusal) && CancellationScope.current().consideredCancelled) throw refusal;
        error = refusal;
      }
    }
  }

  #choices(skip: boolean): Choice[] {
    const isEnded = this.progress.now.outcome !== undefined; // what follows gives machines back
    const isHeld = this.progress.now.gates.some(({ id }) => id.startsWith('approval/amendment'));
    return [
      'retry',
      ...(skip ? ['skip' as const] : []),
      ...(this.#amend && !isEnded && !isHeld ? ['amend' as const] : []),
      ...(isEnded ? [] : ['abort' as const]),
    ];
  }

  /** Asks a person for consent in the phase that is under way, and writes down who decided what. */
  async approve({ approval: patience, ...asked }: Consent): Promise<Approval> {
    const approval = await this.#questions.approve({ ...asked, phase: this.#phase }, patience);
    const { runId: _runId, ...record } = approval;
    this.progress.update({ approvals: [...this.progress.now.approvals, record] });
    return approval;
  }

  /** Asks for the plan itself. Rejection and expiry end the run; nothing was touched. */
  async approvalOf(asked: Consent): Promise<Approval> {
    await this.pause.safePoint('before approval');
    this.#begin('approval');
    const approval = await this.approve(asked);
    const { decision, by, reason } = approval;
    this.progress.setPhase('approval', { state: 'done', endedAt: instant(), note: `${decision} by ${by}` });
    if (decision === 'approve') return approval;
    return decision === 'expired'
      ? this.stop('expired', 'Nobody approved before the deadline. Nothing was touched.')
      : this.stop('rejected', `Rejected by ${by}${reason && `: ${reason}`}. Nothing was touched.`);
  }

  /** From here only forward leads out: cancelling is refused. */
  passPointOfNoReturn(): void {
    this.progress.update({ pointOfNoReturnPassedAt: instant() });
    this.#notices.send({ event: 'point-of-no-return' });
  }

  #listen(): void {
    setHandler(progressQuery, () => this.progress.now, {
      description: 'Everything about this run, for terminals and reports.',
    });
    setHandler(cancelUpdate, (asked) => this.#cancel(asked), {
      description: 'Call the run off; refused after the point of no return. One object: by, reason.',
      validator: (_asked) => refuse(this.#whyNotCancel()),
    });
  }

  #whyEnded(): string | undefined {
    return this.progress.now.outcome && `The run has ended: ${this.progress.now.outcome}.`;
  }

  #whyNotCancel(): string | undefined {
    if (this.progress.now.outcome || this.progress.now.pointOfNoReturnPassedAt === undefined) return this.#whyEnded();
    return (
      `The point of no return was passed at ${this.progress.now.pointOfNoReturnPassedAt}: only forward leads out. ` +
      'Let it go on, or answer an open gate with abort, which leaves the machines as they are.'
    );
  }

  #cancel({ by, reason }: Asked): void {
    this.progress.update({ cancelRequestedAt: instant() });
    const refusal = this.#whyNotCancel();
    if (refusal === undefined) this.#end('called off', `Called off by ${by}${reason && `: ${reason}`}.`);
    else this.progress.remark(`${by} asked to cancel (${reason}): ${refusal}`);
  }

  /** Nothing waits for a person any more. */
  #close(): void {
    this.progress.endPause();
    this.progress.closePhases();
    this.#questions.close();
  }
}
