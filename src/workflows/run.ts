import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { describeProgress } from '../run/current-details.ts';
import { likelyCauses } from '../run/causes.ts';
import { describeFailure, failureTypeOf, remedyFor } from '../run/failure-report.ts';
import type { Answer, ApprovalGate, Choice, Decision, FailureGate, Gate } from '../run/gates.ts';
import { refuseAnswer, refuseDecision } from '../run/gates.ts';
import type { PhaseName } from '../run/phases.ts';
import { phaseNames, phases } from '../run/phases.ts';
import type { ApprovablePlan } from '../run/plan.ts';
import type { ApprovalRecord, NodeProgress, NodeStage, Outcome, PhaseProgress, Progress } from '../run/progress.ts';
import type { RebuildRequest } from '../run/request.ts';
import type { OpenedRun, RunReference } from '../run/steps.ts';
import { doing } from './activities.ts';
import { Evidence } from './evidence.ts';
import { answerUpdate, approveSignal, cancelUpdate, decideUpdate, progressQuery, rejectSignal } from './messages.ts';
import { Notices } from './notices.ts';
import { refuse } from './refuse.ts';

const phaseAttribute = defineSearchAttributeKey('TalosPhase', 'KEYWORD');
const needsPersonAttribute = defineSearchAttributeKey('TalosNeedsPerson', 'BOOL');

/** Approved, and by a decision that names this run of the workflow: checked again before the first reset. */
export interface Approval {
  readonly runId: string;
}

/**
 * One run as a person sees it: its phases, its gates and the messages that it answers from the first moment on. Everything it
 * does happens in one scope, which `end` cancels: an ended run sends nothing more.
 */
export class Run {
  #progress: Progress;
  #work: CancellationScope | undefined;
  #reference: RunReference | undefined;
  readonly #notices = new Notices((text) => this.remark(text));
  readonly #evidence = new Evidence();
  #settled: (() => Promise<void>) | undefined;
  #giveBack: (() => Promise<void>) | undefined;
  #answers = new Map<string, Choice>();
  /** By the gate's nonce, with the run id that the decision named. */
  #decisions = new Map<string, ApprovalRecord & { readonly runId: string }>();

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
      findings: [],
      remarks: [],
    };
    this.#answerMessages();
  }

  get progress(): Progress {
    return this.#progress;
  }

  update(change: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...change };
    setCurrentDetails(describeProgress(this.#progress));
  }

  setStage(node: string, stage: NodeStage): void {
    const since = now();
    this.update({ nodes: this.#progress.nodes.map((one) => (one.name === node ? { ...one, stage, since } : one)) });
  }

  remark(text: string): void {
    this.update({ remarks: [...this.#progress.remarks, { at: now(), text }].slice(-20) });
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
    CancellationScope.current().cancelRequested.catch(() => this.#cancel('Temporal', 'cancel request'));
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
      await this.#evidence.settled();
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
    await this.phase('canary', giveBack, { skip: (reason) => this.remark(`Left in maintenance mode: ${reason}`) });
  }

  /** One phase: it ends in success, or in a gate that holds it until a person has it retried, skipped (where that is safe) or aborted. */
  async phase<T>(name: PhaseName, body: () => Promise<T>): Promise<T>;
  async phase<T>(name: PhaseName, body: () => Promise<T>, options: { skip: (reason: string) => T }): Promise<T>;
  async phase<T>(name: PhaseName, body: () => Promise<T>, options?: { skip: (reason: string) => T }): Promise<T> {
    this.#setPhase(name, { state: 'running', startedAt: now() });
    upsertSearchAttributes([{ key: phaseAttribute, value: phases[name].title }]);
    for (;;) {
      try {
        const result = await body();
        this.#setPhase(name, { state: 'done', endedAt: now() });
        return result;
      } catch (error) {
        if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
        const choices: Choice[] = [
          'retry',
          ...(options ? ['skip' as const] : []),
          ...(this.#progress.outcome ? [] : ['abort' as const]),
        ];
        const choice = await this.ask(name, error, choices);
        if (choice === 'skip' && options) {
          this.#setPhase(name, { state: 'skipped', endedAt: now() });
          return options.skip(describeFailure(error));
        }
      }
    }
  }

  skipPhase(name: PhaseName, note: string): void {
    this.#setPhase(name, { state: 'skipped', note });
  }

  /** Opens a gate for a failure and waits for the answer; `abort` ends the run. */
  async ask(phase: PhaseName, error: unknown, choices: readonly Choice[], node?: string): Promise<Choice> {
    const gate: FailureGate = {
      kind: 'failure',
      id: node === undefined ? phase : `${phase}/${node}`,
      nonce: uuid4(),
      phase,
      openedAt: now(),
      title: `${phases[phase].title}${node === undefined ? '' : ` of ${node}`} did not succeed`,
      seen: describeFailure(error),
      remedy: remedyFor(error),
      causes: likelyCauses({ type: failureTypeOf(error), phase, seen: describeFailure(error) }),
      choices,
      ...(node === undefined ? {} : { node }),
    };
    this.#open(gate);
    this.#collectEvidence(gate);
    await condition(() => this.#answers.has(gate.nonce));
    const choice = this.#answers.get(gate.nonce) ?? 'abort';
    this.#shut(gate.nonce);
    if (choice === 'abort') {
      return this.stop('aborted', `Aborted by a person: ${gate.title}. ${gate.seen}`);
    }
    return choice;
  }

  /** Shows the plan and waits for the decision. Rejection and expiry end the run; nothing was touched. */
  async approvalOf(plan: ApprovablePlan): Promise<Approval> {
    this.#setPhase('approval', { state: 'gate', startedAt: now() });
    const { expiresMs, remindEveryMs } = plan.plan.approval;
    const deadline = Date.now() + expiresMs;
    const gate: ApprovalGate = {
      kind: 'approval',
      id: 'approval',
      nonce: uuid4(),
      phase: 'approval',
      openedAt: now(),
      title: `Approve the rebuild of ${plan.plan.cluster}`,
      digest: plan.digest,
      deadline: new Date(deadline).toISOString(),
    };
    this.#open(gate);
    const isDecided = (): boolean => this.#decisions.has(gate.nonce);
    while (!isDecided() && Date.now() < deadline) {
      const wait = Math.min(remindEveryMs, deadline - Date.now());
      await condition(isDecided, wait, { summary: `Waiting for a person: ${gate.title}` });
      if (isDecided() || Date.now() >= deadline) break;
      this.remark(`Still waiting for approval until ${gate.deadline}.`);
      this.#notices.send({ event: 'reminder', gate }, this.#progress);
    }
    this.#shut(gate.nonce);
    const decision = this.#decisions.get(gate.nonce);
    const approval: ApprovalRecord = decision ?? {
      decision: 'expired',
      by: 'nobody',
      reason: '',
      at: now(),
      via: 'deadline',
    };
    this.update({ approval });
    this.#setPhase('approval', { state: 'done', endedAt: now(), note: `${approval.decision} by ${approval.by}` });
    if (decision?.decision === 'approve') return { runId: decision.runId };
    return approval.decision === 'expired'
      ? this.stop('expired', `Nobody approved before ${gate.deadline}. Nothing was touched.`)
      : this.stop(
          'rejected',
          `Rejected by ${approval.by}${approval.reason && `: ${approval.reason}`}. Nothing was touched.`,
        );
  }

  /** From here only forward leads out: cancelling is refused. */
  passPointOfNoReturn(): void {
    this.update({ pointOfNoReturnPassedAt: now() });
    this.#notices.send({ event: 'point-of-no-return' }, this.#progress);
  }

  #answerMessages(): void {
    const { runId } = workflowInfo();
    setHandler(progressQuery, () => this.#progress, {
      description: 'Everything about this run, for terminals and reports.',
    });
    setHandler(decideUpdate, (decision) => this.#decide(decision, 'update'), {
      description: 'Approve or reject the plan. One object: gate, nonce, digest, runId, decision, by, reason.',
      validator: (decision) =>
        refuse(refuseDecision(this.#progress.gates, runId, new Date(), decision) ?? this.#whyDecided(decision.nonce)),
    });
    setHandler(approveSignal, (content) => this.#decide({ ...content, decision: 'approve' }, 'signal'), {
      description: 'Approve the plan. One object: gate, nonce, digest, runId, by, reason.',
    });
    setHandler(rejectSignal, (content) => this.#decide({ ...content, decision: 'reject' }, 'signal'), {
      description: 'Reject the plan. One object: gate, nonce, digest, runId, by, reason.',
    });
    setHandler(answerUpdate, (answer) => this.#answer(answer), {
      description: 'Answer a gate. One object: gate, nonce, choice (retry, skip, abort), by, reason.',
      validator: (answer) => refuse(refuseAnswer(this.#progress.gates, answer) ?? this.#whyDecided(answer.nonce)),
    });
    setHandler(cancelUpdate, ({ by, reason }) => this.#cancel(by, reason), {
      description: 'Call the run off; refused after the point of no return. One object: by, reason.',
      validator: (_request) => refuse(this.#whyNotCancel()),
    });
  }

  /** The run id is left to the validator and to the check before the first reset: here it would break replay after a workflow reset. */
  #decide(decision: Decision, via: 'update' | 'signal'): void {
    const refusal = refuseDecision(this.#progress.gates, decision.runId, new Date(), decision);
    if (refusal !== undefined || this.#decisions.has(decision.nonce)) {
      this.remark(`A decision by ${decision.by} was refused: ${refusal ?? 'it was decided already'}`);
      return;
    }
    const { decision: verdict, by, reason, runId, nonce } = decision;
    this.#decisions.set(nonce, { decision: verdict, by, reason, runId, at: now(), via });
  }

  #answer(answer: Answer): void {
    if (refuseAnswer(this.#progress.gates, answer) !== undefined || this.#answers.has(answer.nonce)) return;
    this.#answers.set(answer.nonce, answer.choice);
    this.remark(`${answer.by} answered ${answer.gate}: ${answer.choice}${answer.reason && ` (${answer.reason})`}`);
  }

  /** Two messages may arrive in one moment; the second must not be told that it counted. */
  #whyDecided(nonce: string): string | undefined {
    return this.#decisions.has(nonce) || this.#answers.has(nonce) ? 'Somebody has answered already.' : undefined;
  }

  #whyNotCancel(): string | undefined {
    if (this.#progress.outcome) return `The run has ended: ${this.#progress.outcome}.`;
    if (this.#progress.pointOfNoReturnPassedAt === undefined) return undefined;
    return (
      `The point of no return was passed at ${this.#progress.pointOfNoReturnPassedAt}: only forward leads out. ` +
      'Let it go on, or answer an open gate with abort, which leaves the machines as they are.'
    );
  }

  #cancel(by: string, reason: string): void {
    this.update({ cancelRequestedAt: now() });
    const refusal = this.#whyNotCancel();
    if (refusal === undefined) this.#end('called off', `Called off by ${by}${reason && `: ${reason}`}.`);
    else this.remark(`${by} asked to cancel (${reason}): ${refusal}`);
  }

  #open(gate: ApprovalGate | FailureGate): void {
    this.#setGates([...this.#progress.gates, gate]);
    if (gate.kind === 'failure') this.#setPhase(gate.phase, { state: 'gate' });
    upsertSearchAttributes([{ key: needsPersonAttribute, value: true }]);
    this.#notices.send(
      gate.kind === 'approval' ? { event: 'approval', gate } : { event: 'gate', gate },
      this.#progress,
    );
  }

  /** The gate does not wait for it, nor does it have to be open still when it is there. */
  #collectEvidence(gate: FailureGate): void {
    if (!this.#reference) return;
    const place = <G extends Gate>(one: G, evidence: string): G =>
      one.nonce === gate.nonce ? { ...one, evidence } : one;
    this.#evidence.collect(this.#reference, gate, this.#progress.nodes, {
      found: (folder) =>
        this.update({
          gates: this.#progress.gates.map((one) => place(one, folder)),
          closedGates: (this.#progress.closedGates ?? []).map((one) => place(one, folder)),
        }),
      missed: (why) => this.remark(`No evidence on ${gate.id}: ${why}`),
    });
  }

  #shut(nonce: string): void {
    const shut = this.#progress.gates.find((gate) => gate.nonce === nonce);
    this.#keepClosed(shut);
    this.#setGates(this.#progress.gates.filter((gate) => gate.nonce !== nonce));
    const isStillHeld = this.#progress.gates.some((gate) => gate.phase === shut?.phase);
    if (shut && !isStillHeld) this.#setPhase(shut.phase, { state: 'running' });
    if (this.#progress.gates.length === 0) upsertSearchAttributes([{ key: needsPersonAttribute, value: false }]);
  }

  /** For the report: what was asked, and what was answered. */
  #keepClosed(gate: Gate | undefined): void {
    if (gate?.kind !== 'failure') return;
    const answer = this.#answers.get(gate.nonce);
    const closed = { ...gate, closedAt: now(), ...(answer === undefined ? {} : { answer }) };
    this.update({ closedGates: [...(this.#progress.closedGates ?? []), closed].slice(-20) });
  }

  #setGates(gates: Progress['gates']): void {
    this.update({ gates });
  }

  #setPhase(name: PhaseName, change: Partial<PhaseProgress>): void {
    this.update({
      phases: this.#progress.phases.map((phase) => {
        if (phase.name !== name) return phase;
        const startedAt = phase.startedAt ?? change.startedAt; // a phase that is begun anew keeps its first instant
        return { ...phase, ...change, ...(startedAt === undefined ? {} : { startedAt }) };
      }),
    });
  }

  /** Nothing waits for a person any more. */
  #close(): void {
    const needsPerson = this.#progress.gates.length > 0;
    const endedAt = now();
    for (const gate of this.#progress.gates) this.#keepClosed(gate);
    this.update({
      gates: [],
      phases: this.#progress.phases.map((phase) =>
        phase.state === 'running' || phase.state === 'gate' ? { ...phase, state: 'skipped', endedAt } : phase,
      ),
    });
    if (needsPerson) upsertSearchAttributes([{ key: needsPersonAttribute, value: false }]);
  }
}

function now(): string {
  return new Date().toISOString();
}
