import { condition, setHandler, upsertSearchAttributes, uuid4, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Answer, ApprovalGate, Choice, Decision, FailureGate, Gate } from '../../run/gates.ts';
import { refuseAnswer, refuseDecision } from '../../run/gates.ts';
import type { ApprovalRecord } from '../../run/progress.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { Evidence } from './evidence.ts';
import { answerUpdate, approveSignal, decideUpdate, rejectSignal } from '../messages.ts';
import type { Notices } from './notices.ts';
import { refuse } from './refuse.ts';
import type { RunProgress } from '../run-progress.ts';
import { instant } from '../run-progress.ts';

const needsPersonAttribute = defineSearchAttributeKey('TalosNeedsPerson', 'BOOL');

/** Approved, or not, and by a decision that names this run of the workflow: checked again before the first reset. */
export interface Approval extends ApprovalRecord {
  readonly runId: string;
}

/** The questions that a run asks, and the messages that answer them. */
export class Questions {
  readonly #progress: RunProgress;
  readonly #notices: Notices;
  readonly #answers = new Map<string, Choice>();
  /** By the gate's nonce, with the run id that the decision named. */
  readonly #decisions = new Map<string, Approval>();
  readonly #evidence = new Evidence();
  #run: RunReference | undefined;
  #needsPerson = false;

  constructor(progress: RunProgress, notices: Notices) {
    this.#progress = progress;
    this.#notices = notices;
    this.#listen();
  }

  /** Knows from here on where evidence is kept. */
  open(run: RunReference): void {
    this.#run = run;
  }

  /** Opens a gate for a failure and waits for the answer. */
  async ask(content: Omit<FailureGate, 'kind' | 'nonce' | 'openedAt'>): Promise<Choice> {
    const gate: FailureGate = { ...content, kind: 'failure', nonce: uuid4(), openedAt: instant() };
    this.#open(gate);
    this.#collectEvidence(gate);
    await condition(() => this.#answers.has(gate.nonce));
    this.#shut(gate);
    return this.#answers.get(gate.nonce) ?? 'abort';
  }

  /** Asks for consent until the deadline, with reminders before; what nobody decides in time is rejected. */
  async approve(
    content: Omit<ApprovalGate, 'kind' | 'nonce' | 'openedAt' | 'deadline'>,
    { expiresMs, remindEveryMs }: { readonly expiresMs: number; readonly remindEveryMs: number },
  ): Promise<Approval> {
    const deadline = Date.now() + expiresMs;
    const gate: ApprovalGate = {
      ...content,
      kind: 'approval',
      nonce: uuid4(),
      openedAt: instant(),
      deadline: new Date(deadline).toISOString(),
    };
    this.#open(gate);
    const isDecided = (): boolean => this.#decisions.has(gate.nonce);
    while (!isDecided() && Date.now() < deadline) {
      const wait = Math.min(remindEveryMs, deadline - Date.now());
      await condition(isDecided, wait, { summary: `Waiting for a person: ${gate.title}` });
      if (isDecided() || Date.now() >= deadline) break;
      this.#progress.remark(`Still waiting for approval until ${gate.deadline}.`);
      this.#notices.send({ event: 'reminder', gate });
    }
    this.#shut(gate);
    return this.#decisions.get(gate.nonce) ?? expired(gate);
  }

  /** Nothing is asked any more. */
  close(): void {
    for (const gate of this.#gates) this.#keepClosed(gate);
    this.#progress.update({ gates: [] });
    this.show();
  }

  /** Returns when the evidence on every question is there, or given up. */
  async settled(): Promise<void> {
    await this.#evidence.settled();
  }

  /** Says in the search attributes whether a person is wanted. */
  show(): void {
    const { gates, pause } = this.#progress.now;
    const needsPerson = gates.length > 0 || pause?.at !== undefined;
    if (needsPerson === this.#needsPerson) return;
    this.#needsPerson = needsPerson;
    upsertSearchAttributes([{ key: needsPersonAttribute, value: needsPerson }]);
  }

  #listen(): void {
    const { runId } = workflowInfo();
    setHandler(decideUpdate, (decision) => this.#decide(decision, 'update'), {
      description: 'Approve or reject what is asked. One object: gate, nonce, digest, runId, decision, by, reason.',
      validator: (decision) =>
        refuse(refuseDecision(this.#gates, runId, new Date(), decision) ?? this.#whyDecided(decision.nonce)),
    });
    setHandler(approveSignal, (content) => this.#decide({ ...content, decision: 'approve' }, 'signal'), {
      description: 'Approve what is asked. One object: gate, nonce, digest, runId, by, reason.',
    });
    setHandler(rejectSignal, (content) => this.#decide({ ...content, decision: 'reject' }, 'signal'), {
      description: 'Reject what is asked. One object: gate, nonce, digest, runId, by, reason.',
    });
    setHandler(answerUpdate, (answer) => this.#answer(answer), {
      description: 'Answer a gate. One object: gate, nonce, choice (retry, skip, amend, abort), by, reason.',
      validator: (answer) => refuse(refuseAnswer(this.#gates, answer) ?? this.#whyDecided(answer.nonce)),
    });
  }

  get #gates(): readonly Gate[] {
    return this.#progress.now.gates;
  }

  /**
   * The run id is left to the validator and to the check before the first reset: here it would break
   * replay after a workflow reset.
   */
  #decide(decision: Decision, via: 'update' | 'signal'): void {
    const refusal = refuseDecision(this.#gates, decision.runId, new Date(), decision);
    if (refusal !== undefined || this.#decisions.has(decision.nonce)) {
      this.#progress.remark(`A decision by ${decision.by} was refused: ${refusal ?? 'it was decided already'}`);
      return;
    }
    const { decision: verdict, gate, digest, by, reason, runId, nonce } = decision;
    this.#decisions.set(nonce, { gate, digest, decision: verdict, by, reason, runId, at: instant(), via });
  }

  #answer(answer: Answer): void {
    if (refuseAnswer(this.#gates, answer) !== undefined || this.#answers.has(answer.nonce)) return;
    this.#answers.set(answer.nonce, answer.choice);
    const { by, gate, choice, reason } = answer;
    this.#progress.remark(`${by} answered ${gate}: ${choice}${reason && ` (${reason})`}`);
  }

  /** Two messages may arrive in one moment; the second must not be told that it counted. */
  #whyDecided(nonce: string): string | undefined {
    return this.#decisions.has(nonce) || this.#answers.has(nonce) ? 'Somebody has answered already.' : undefined;
  }

  #open(gate: Gate): void {
    this.#progress.update({ gates: [...this.#gates, gate] });
    this.#progress.setPhase(gate.phase, { state: 'gate' });
    this.show();
    this.#notices.send(gate.kind === 'approval' ? { event: 'approval', gate } : { event: 'gate', gate });
  }

  /** The gate does not wait for it, nor does it have to be open still when it is there. */
  #collectEvidence(gate: FailureGate): void {
    if (!this.#run) return;
    const place = <G extends Gate>(one: G, evidence: string): G =>
      one.nonce === gate.nonce ? { ...one, evidence } : one;
    this.#evidence.collect(this.#run, gate, this.#progress.now.nodes, {
      found: (folder) =>
        this.#progress.update({
          gates: this.#gates.map((one) => place(one, folder)),
          closedGates: (this.#progress.now.closedGates ?? []).map((one) => place(one, folder)),
        }),
      missed: (why) => this.#progress.remark(`No evidence on ${gate.id}: ${why}`),
    });
  }

  /** For the report: what was asked, and what was answered. */
  #keepClosed(gate: Gate): void {
    if (gate.kind !== 'failure') return;
    const answer = this.#answers.get(gate.nonce);
    const closed = { ...gate, closedAt: instant(), ...(answer === undefined ? {} : { answer }) };
    this.#progress.update({ closedGates: [...(this.#progress.now.closedGates ?? []), closed].slice(-20) });
  }

  #shut({ nonce, phase }: Gate): void {
    for (const gate of this.#gates) if (gate.nonce === nonce) this.#keepClosed(gate);
    this.#progress.update({ gates: this.#gates.filter((gate) => gate.nonce !== nonce) });
    if (!this.#gates.some((gate) => gate.phase === phase)) this.#progress.setPhase(phase, { state: 'running' });
    this.show();
  }
}

function expired({ id, digest }: ApprovalGate): Approval {
  return { gate: id, digest, decision: 'expired', by: 'nobody', reason: '', runId: '', at: instant(), via: 'deadline' };
}
