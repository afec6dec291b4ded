import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { describeProgress } from '../run/current-details.ts';
import { likelyCauses } from '../run/causes.ts';
import { describeFailure, failureTypeOf, remedyFor } from '../run/failure-report.ts';
import type { ApprovalGate, Choice } from '../run/gates.ts';
import type { Occasion } from '../run/notification.ts';
import type { PhaseName } from '../run/phases.ts';
import { phaseNames, phases } from '../run/phases.ts';
import type { Plan } from '../run/plan.ts';
import type { NodeProgress, NodeStage, Outcome, PhaseProgress, Progress } from '../run/progress.ts';
import type { RebuildRequest } from '../run/request.ts';
import type { OpenedRun, RunReference } from '../run/steps.ts';
import { doing } from './activities.ts';
import type { Asked } from './messages.ts';
import { cancelUpdate, pauseUpdate, progressQuery, resumeUpdate } from './messages.ts';
import { Notices } from './notices.ts';
import { Questions } from './questions.ts';
import type { Approval } from './questions.ts';
import { refuse } from './refuse.ts';

const phaseAttribute = defineSearchAttributeKey('TalosPhase', 'KEYWORD');

/** What to ask consent for, by the plan that says how long to wait. */
export type Consent = Pick<ApprovalGate, 'id' | 'title' | 'digest' | 'consequences'> & { readonly plan: Plan };

/**
 * One run as a person sees it: its phases, its gates and the messages that it answers from the first moment on. Everything it
 * does happens in one scope, which `end` cancels: an ended run sends nothing more.
 */
export class Run {
  #progress: Progress;
  #work: CancellationScope | undefined;
  #reference: RunReference | undefined;
  #phase: PhaseName = 'preflight';
  readonly #notices = new Notices((text) => this.remark(text));
  readonly #questions: Questions;
  #settled: (() => Promise<void>) | undefined;
  #giveBack: (() => Promise<void>) | undefined;
  #amend: (() => Promise<void>) | undefined;

  constructor(request: RebuildRequest) {
    const { workflowId, runId, startTime } = workflowInfo();
    this.#progress = {
      version: 1,
      operation: request.operation,
      cluster: request.cluster,
      workflowId,
      runId,
      requestedBy: request.requestedBy,
      startedAt: startTime.toISOString(),
      phases: phaseNames.map((name): PhaseProgress => ({ name, state: 'waiting' })),
      nodes: [],
      gates: [],
      approvals: [],
      findings: [],
      remarks: [],
    };
    this.#questions = new Questions(this);
    this.#listen();
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Absent until the run's folder is made. */
  get reference(): RunReference | undefined {
    return this.#reference;
  }

  update(change: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...change };
    setCurrentDetails(describeProgress(this.#progress));
  }

  setStage(node: string, stage: NodeStage): void {
    const since = now();
    this.update({ nodes: this.#progress.nodes.map((one) => (one.name === node ? { ...one, stage, since } : one)) });
  }

  setPhase(name: PhaseName, change: Partial<PhaseProgress>): void {
    this.update({
      phases: this.#progress.phases.map((phase) => {
        if (phase.name !== name) return phase;
        const startedAt = phase.startedAt ?? change.startedAt; // a phase that is begun anew keeps its first instant
        return { ...phase, ...change, ...(startedAt === undefined ? {} : { startedAt }) };
      }),
    });
  }

  remark(text: string): void {
    this.update({ remarks: [...this.#progress.remarks, { at: now(), text }].slice(-20) });
  }

  notify(occasion: Occasion): void {
    this.#notices.send(occasion, this.#progress);
  }

  /** Knows the machines from here on, each still waiting. */
  open({ run, path, nodes, notifiers }: OpenedRun): void {
    this.#reference = run;
    this.#notices.open(run, notifiers);
    const since = now();
    this.update({ folder: path, nodes: nodes.map((node): NodeProgress => ({ ...node, stage: 'waiting', since })) });
  }

  /**
   * Runs the phases and writes the report, however the run ends. Temporal's own cancel request is heeded before the point of no
   * return and only recorded after it.
   */
  async carryOut(body: () => Promise<void>): Promise<Progress> {
    CancellationScope.current().cancelRequested.catch(() => this.#cancel({ by: 'Temporal', reason: 'cancel request' }));
    return CancellationScope.nonCancellable(async () => {
      this.#work = new CancellationScope({ cancellable: true });
      if (this.#progress.outcome) this.#work.cancel(); // by a message that came before the first step
      try {
        await this.#work.run(body);
      } catch (error) {
        if (!(isCancellation(error) && this.#progress.outcome)) throw error;
        await this.#callOff();
      }
      this.update({ endedAt: now() });
      await this.#questions.settled();
      await this.#report();
      await this.#notices.end(this.#progress);
      await condition(allHandlersFinished);
      return this.#progress;
    });
  }

  /** Says when nothing more is sent to the machines, and how to give back what was reset, should the run end before the point of no return. */
  beforeCallOff(settled: () => Promise<void>, giveBack: () => Promise<void>): void {
    this.#settled = settled;
    this.#giveBack = giveBack;
  }

  /** From here on a gate can also be answered with `amend`. */
  mayAmend(amend: () => Promise<void>): void {
    this.#amend = amend;
  }

  /** The run has done what it was for. */
  finish(outcome: Outcome, verdict: string): void {
    this.update({ outcome, verdict });
  }

  /** A report that cannot be written does not undo what was done. */
  async #report(): Promise<void> {
    if (!this.#reference) return;
    try {
      await doing('Write the report').writeReport({ run: this.#reference, progress: this.#progress });
    } catch (error) {
      this.remark(`The report could not be written: ${describeFailure(error)}`);
    }
  }

  /** Ends the run on purpose: everything under way is cancelled and waited for; this never returns. */
  async stop(outcome: Outcome, verdict: string): Promise<never> {
    this.#end(outcome, verdict);
    return CancellationScope.current().cancelRequested;
  }

  #end(outcome: Outcome, verdict: string): void {
    if (this.#progress.outcome) return;
    this.update({ outcome, verdict });
    this.#work?.cancel();
  }

  /** Machines that were reset get their old configuration back; a failure to do so asks a person, like everything else. */
  async #callOff(): Promise<void> {
    await this.#settled?.();
    this.#close();
    const giveBack = this.#giveBack;
    if (!giveBack || this.#progress.pointOfNoReturnPassedAt !== undefined) return;
    await this.phase('canary', giveBack, { skip: (reason) => this.remark(`Not given back: ${reason}`) });
  }

  /** One phase: it ends in success, or in a gate that holds it until a person has it retried, skipped (where that is safe) or aborted. */
  async phase<T>(name: PhaseName, body: () => Promise<T>): Promise<T>;
  async phase<T>(name: PhaseName, body: () => Promise<T>, options: { skip: (reason: string) => T }): Promise<T>;
  async phase<T>(name: PhaseName, body: () => Promise<T>, options?: { skip: (reason: string) => T }): Promise<T> {
    await this.safePoint(`before ${phases[name].title.toLowerCase()}`);
    this.#begin(name);
    for (;;) {
      try {
        const result = await body();
        this.setPhase(name, { state: 'done', endedAt: now() });
        return result;
      } catch (error) {
        if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
        const choice = await this.ask({ phase: name, error, skip: options !== undefined });
        if (choice === 'skip' && options) {
          this.setPhase(name, { state: 'skipped', endedAt: now() });
          return options.skip(describeFailure(error));
        }
      }
    }
  }

  skipPhase(name: PhaseName, note: string): void {
    this.setPhase(name, { state: 'skipped', note });
  }

  #begin(name: PhaseName): void {
    this.#phase = name;
    this.setPhase(name, { state: 'running', startedAt: now() });
    upsertSearchAttributes([{ key: phaseAttribute, value: phases[name].title }]);
  }

  /**
   * Opens a gate for a failure, of a phase or of one machine in it, and waits until a person has it tried again, by the same plan or by an
   * amended one, or skipped where that is safe. `abort` ends the run.
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
    const isEnded = this.#progress.outcome !== undefined; // what follows gives machines back
    const isHeld = this.#progress.gates.some(({ id }) => id.startsWith('approval/amendment'));
    return [
      'retry',
      ...(skip ? ['skip' as const] : []),
      ...(this.#amend && !isEnded && !isHeld ? ['amend' as const] : []),
      ...(isEnded ? [] : ['abort' as const]),
    ];
  }

  /** Asks a person for consent in the phase that is under way, and writes down who decided what. */
  async approve({ plan, ...asked }: Consent): Promise<Approval> {
    const approval = await this.#questions.approve({ ...asked, phase: this.#phase }, plan.approval);
    const { runId: _runId, ...record } = approval;
    this.update({ approvals: [...this.#progress.approvals, record] });
    return approval;
  }

  /** Asks for the plan itself. Rejection and expiry end the run; nothing was touched. */
  async approvalOf(asked: Consent): Promise<Approval> {
    await this.safePoint('before approval');
    this.#begin('approval');
    const approval = await this.approve(asked);
    const { decision, by, reason } = approval;
    this.setPhase('approval', { state: 'done', endedAt: now(), note: `${decision} by ${by}` });
    if (decision === 'approve') return approval;
    return decision === 'expired'
      ? this.stop('expired', 'Nobody approved before the deadline. Nothing was touched.')
      : this.stop('rejected', `Rejected by ${by}${reason && `: ${reason}`}. Nothing was touched.`);
  }

  /** From here only forward leads out: cancelling is refused. */
  passPointOfNoReturn(): void {
    this.update({ pointOfNoReturnPassedAt: now() });
    this.notify({ event: 'point-of-no-return' });
  }

  /** Stands still here while the run is paused. Machines that are on their way go on. */
  async safePoint(where: string): Promise<void> {
    const { pause } = this.#progress;
    if (!pause) return;
    this.update({ pause: { ...pause, at: pause.at ?? where } });
    this.#questions.show();
    await condition(() => this.#progress.pause === undefined);
  }

  #listen(): void {
    setHandler(progressQuery, () => this.#progress, {
      description: 'Everything about this run, for terminals and reports.',
    });
    setHandler(cancelUpdate, (asked) => this.#cancel(asked), {
      description: 'Call the run off; refused after the point of no return. One object: by, reason.',
      validator: (_asked) => refuse(this.#whyNotCancel()),
    });
    setHandler(pauseUpdate, (asked) => this.#pause(asked), {
      description: 'Hold the run at the next safe point. One object: by, reason.',
      validator: (_asked) => refuse(this.#whyEnded() ?? (this.#progress.pause && 'The run is paused already.')),
    });
    setHandler(resumeUpdate, (asked) => this.#resume(asked), {
      description: 'Let a paused run go on. One object: by, reason.',
      validator: (_asked) => refuse(this.#whyEnded() ?? (this.#progress.pause ? undefined : 'The run is not paused.')),
    });
  }

  #pause({ by, reason }: Asked): void {
    if (this.#progress.pause) return;
    this.update({ pause: { by, reason, requestedAt: now() } });
    this.remark(`${by} paused the run${reason && `: ${reason}`}`);
  }

  #resume({ by, reason }: Asked): void {
    const { pause: _over, ...rest } = this.#progress;
    this.#progress = rest;
    this.remark(`${by} let the run go on${reason && `: ${reason}`}`);
    this.#questions.show();
  }

  #whyEnded(): string | undefined {
    return this.#progress.outcome && `The run has ended: ${this.#progress.outcome}.`;
  }

  #whyNotCancel(): string | undefined {
    if (this.#progress.outcome || this.#progress.pointOfNoReturnPassedAt === undefined) return this.#whyEnded();
    return (
      `The point of no return was passed at ${this.#progress.pointOfNoReturnPassedAt}: only forward leads out. ` +
      'Let it go on, or answer an open gate with abort, which leaves the machines as they are.'
    );
  }

  #cancel({ by, reason }: Asked): void {
    this.update({ cancelRequestedAt: now() });
    const refusal = this.#whyNotCancel();
    if (refusal === undefined) this.#end('called off', `Called off by ${by}${reason && `: ${reason}`}.`);
    else this.remark(`${by} asked to cancel (${reason}): ${refusal}`);
  }

  /** Nothing waits for a person any more. */
  #close(): void {
    const endedAt = now();
    const { pause: _over, ...rest } = this.#progress;
    this.#progress = rest;
    this.update({
      phases: this.#progress.phases.map((phase) =>
        phase.state === 'running' || phase.state === 'gate' ? { ...phase, state: 'skipped', endedAt } : phase,
      ),
    });
    this.#questions.close();
  }
}

function now(): string {
  return new Date().toISOString();
}
