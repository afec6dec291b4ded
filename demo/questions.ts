import { ask } from '../src/cli/ask.ts';
import { renderGates } from '../src/cli/screen/render-gates.ts';
import { renderPlan } from '../src/cli/screen/render-plan.ts';
import { type Shell, isInteractive, print, say, viewOf } from '../src/cli/shell.ts';
import type { Invocation } from '../src/cli/screen/view.ts';
import { answerGate } from '../src/cli/runs/answer-gate.ts';
import { sendDecision } from '../src/cli/runs/decide.ts';
import { whoami } from '../src/cli/whoami.ts';
import type { ApprovalGate, Choice, FailureGate } from '../src/run/gates.ts';
import type { Progress } from '../src/run/progress.ts';
import type { TemporalClient } from '../src/temporal/connection.ts';

export interface Asking {
  readonly shell: Shell;
  readonly temporal: TemporalClient;
  readonly invocation: Invocation;
  /** Answers the approval with yes, by the same update. */
  readonly yes: boolean;
  /** Results go to stderr, as stdout is for the last object alone. */
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Shows the plan and asks for consent, by the update that `approve` uses. No answer is no consent. */
export async function askForApproval(asking: Asking, progress: Progress, gate: ApprovalGate): Promise<void> {
  const { shell, temporal, invocation, yes, json, signal } = asking;
  if (progress.plan) {
    const lines = [
      '',
      ...renderPlan(progress.plan, progress, viewOf(shell, json ? 'stderr' : 'stdout', invocation)),
      '',
    ];
    (json ? say : print)(shell, ...lines);
  }
  const typed = yes ? 'y' : await ask(shell, 'Approve this plan, and wipe the simulated machines? (y/n) ', signal);
  if (signal.aborted) return;
  const verdict = typed?.toLowerCase().startsWith('y') === true ? 'approve' : 'reject';
  if (yes) say(shell, 'Approved with --yes.');
  const { digest, nonce } = gate;
  const reason = typed === undefined ? 'nobody was there to answer' : 'the demo';
  const content = { gate: gate.id, nonce, digest, runId: progress.runId, by: whoami(), reason };
  await sendDecision(temporal, progress.workflowId, { ...content, decision: verdict }, true);
}

/** Asks how to go on after a failure; `false` when nobody is there to answer. */
export async function askAboutFailure(asking: Asking, progress: Progress, gate: FailureGate): Promise<boolean> {
  const { shell, temporal, invocation, yes, signal } = asking;
  say(shell, ...renderGates([gate], viewOf(shell, 'stderr', invocation)));
  if (yes || !isInteractive(shell)) return false;
  const typed = await ask(shell, `${gate.choices.join(', ')}? `, signal);
  const choice = gate.choices.find((one: Choice) => one === typed);
  if (choice === undefined) return !signal.aborted && typed !== undefined;
  const answer = { gate: gate.id, nonce: gate.nonce, choice, by: whoami(), reason: 'the demo' };
  await answerGate(temporal.client, progress.workflowId, progress.runId, answer);
  return true;
}
