import type { Cause } from './causes.ts';
import type { PhaseName } from './operations.ts';

/**
 * A question that holds the run until a person answers. Each has an id that reads well and a nonce
 * that is never used again.
 */
export type Gate = ApprovalGate | FailureGate;

interface GateBase {
  readonly id: string;
  readonly nonce: string;
  readonly phase: PhaseName;
  /** ISO 8601. */
  readonly openedAt: string;
  readonly title: string;
}

export interface ApprovalGate extends GateBase {
  readonly kind: 'approval';
  /** What a person agrees to, a line each. */
  readonly consequences: readonly string[];
  readonly digest: string;
  /** ISO 8601; a decision counts only if it is handled before. */
  readonly deadline: string;
}

export interface FailureGate extends GateBase {
  readonly kind: 'failure';
  readonly node?: string;
  /** The failure's message: what was seen. */
  readonly seen: string;
  /** Where to look and what to do. */
  readonly remedy: string;
  /** What may be behind it, the likeliest first; none where nothing more is known. */
  readonly causes?: readonly Cause[];
  /**
   * The folder on the worker with what the machines told of themselves; there some seconds after the gate has opened.
   */
  readonly evidence?: string;
  readonly choices: readonly Choice[];
}

/**
 * `amend` reads cluster.yaml and its patches again, has the difference approved, and tries again by the amended plan.
 * `skip` goes on without what failed.
 */
export type Choice = 'retry' | 'skip' | 'amend' | 'abort';

export const choices: readonly Choice[] = ['retry', 'skip', 'amend', 'abort'];

export interface Decision {
  readonly gate: string;
  readonly nonce: string;
  readonly digest: string;
  readonly runId: string;
  readonly decision: 'approve' | 'reject';
  readonly by: string;
  readonly reason: string;
}

export interface Answer {
  readonly gate: string;
  readonly nonce: string;
  readonly choice: Choice;
  readonly by: string;
  readonly reason: string;
}

/** Says why a decision cannot be taken, or nothing when it can. `now` and the deadline are the workflow's clock. */
export function refuseDecision(
  gates: readonly Gate[],
  runId: string,
  now: Date,
  decision: Decision,
): string | undefined {
  const gate = findGate(gates, decision);
  if (typeof gate === 'string') return gate;
  if (gate.kind !== 'approval')
    return `Gate ${gate.id} asks for an answer (${gate.choices.join(', ')}), not for an approval.`;
  if (decision.runId !== runId)
    return `The decision names run ${decision.runId}, this is run ${runId}. Read the plan of this run.`;
  if (decision.digest !== gate.digest) {
    return `The decision names the digest ${decision.digest}, this plan's is ${gate.digest}. Read the plan again.`;
  }
  if (now >= new Date(gate.deadline)) return `The approval expired at ${gate.deadline}. Start again for a new plan.`;
  if (decision.decision !== 'approve' && decision.decision !== 'reject') {
    return `A decision is approve or reject, not ${decision.decision as string}.`;
  }
  return undefined;
}

/** Says why an answer cannot be taken, or nothing when it can. */
export function refuseAnswer(gates: readonly Gate[], answer: Answer): string | undefined {
  const gate = findGate(gates, answer);
  if (typeof gate === 'string') return gate;
  if (gate.kind !== 'failure') return `Gate ${gate.id} asks for an approval, not for an answer.`;
  if (!gate.choices.includes(answer.choice)) {
    return `Gate ${gate.id} can be answered with ${gate.choices.join(' or ')}, not with ${answer.choice}.`;
  }
  return undefined;
}

function findGate(gates: readonly Gate[], wanted: { readonly gate: string; readonly nonce: string }): Gate | string {
  const gate = gates.find((open) => open.id === wanted.gate);
  if (!gate) {
    const open = gates.map((one) => one.id).join(', ') || 'none';
    return `There is no open gate ${wanted.gate}; open: ${open}.`;
  }
  return gate.nonce === wanted.nonce
    ? gate
    : `Gate ${gate.id} was asked anew since; look at it again before answering.`;
}
