import type { ApprovalGate } from '../run/gates.ts';
import type { Progress } from '../run/progress.ts';
import { ask } from './ask.ts';
import { approvalGateOf } from './runs/approval-gate.ts';
import type { RunLook } from './runs/read-run.ts';
import { matchDigest } from './screen/digest.ts';
import { renderPlan } from './screen/render-plan.ts';
import { type Invocation, commandLine } from './screen/view.ts';
import { type Shell, isInteractive, print, printJson, say, viewOf } from './shell.ts';
import { UserError, usageError } from './user-error.ts';
import { type ClusterOptions, clusterNameOf } from './which-cluster.ts';
import { whoami } from './whoami.ts';
import { withTemporal } from './with-temporal.ts';

export interface DecisionOptions extends ClusterOptions {
  readonly digest?: string;
  readonly by?: string;
  readonly reason?: string;
  readonly json?: true;
}

/** What `approve` and `reject` share: find the plan that waits, make sure that it is the one that is meant, decide. */
export async function decide(
  verdict: 'approve' | 'reject',
  file: string | undefined,
  options: DecisionOptions,
  shell: Shell,
): Promise<void> {
  const { cluster, invocation } = await clusterNameOf(file, options, shell);
  if (options.digest === undefined && !isInteractive(shell)) {
    throw usageError(
      `${verdict} needs --digest where nobody can be asked; ${commandLine(invocation, 'status')} shows it.`,
    );
  }
  await withTemporal(async (temporal, { readRun, sendDecision }) => {
    const look = await readRun(temporal.client, cluster);
    const { progress, gate } = waitingPlan(look, cluster, invocation);
    if (options.digest === undefined) await confirm(verdict, progress, gate, invocation, shell);
    else assertSameDigest(options.digest, gate.digest, invocation);
    say(shell, `${verdict} ${gate.digest}`, ...gate.consequences.map((line) => `  - ${line}`));
    const via = await sendDecision(
      temporal,
      progress.workflowId,
      {
        gate: gate.id,
        nonce: gate.nonce,
        digest: gate.digest,
        runId: progress.runId,
        decision: verdict,
        by: options.by ?? whoami(),
        reason: options.reason ?? '',
      },
      look.kind === 'seen',
    );
    report(verdict, via, progress, gate, invocation, shell, options.json === true);
  });
}

function waitingPlan(
  look: RunLook,
  cluster: string,
  invocation: Invocation,
): { readonly progress: Progress; readonly gate: ApprovalGate } {
  if (look.kind === 'broken')
    throw new UserError(`Nothing waits for approval on ${cluster}: the last run ended: ${look.reason}.`);
  const progress = look.kind === 'seen' ? look.progress : look.lastSeen;
  const gate = progress && approvalGateOf(progress);
  if (progress && gate) return { progress, gate };
  if (look.kind === 'no worker') {
    throw new UserError(
      `No worker answers on ${cluster}, and its plan was not seen from here before; nothing was decided.`,
      {
        details: [`Start a worker: ${commandLine(invocation, 'worker')}`],
      },
    );
  }
  const state = progress?.outcome ?? `under way, and asks nothing to approve`;
  throw new UserError(`Nothing waits for approval on ${cluster}: the newest run is ${state}.`, {
    details: [`${commandLine(invocation, 'status')} shows it.`],
  });
}

function assertSameDigest(typed: string, digest: string, invocation: Invocation): void {
  switch (matchDigest(typed, digest)) {
    case 'same':
      return;
    case 'too short':
      throw usageError(`The digest ${typed} is too short: give at least 8 hex digits.`);
    case 'not hexadecimal':
      throw usageError(`${typed} is not a digest: it is hex digits, with or without sha256: before them.`);
    case 'other':
      throw new UserError(`The plan that waits has another digest than ${typed}; nothing was decided.`, {
        details: [`It is ${digest}. Read the plan again: ${commandLine(invocation, 'status')}`],
      });
  }
}

/** Shows the plan and has the cluster's name typed: consent is not a key pressed by habit. */
async function confirm(
  verdict: 'approve' | 'reject',
  progress: Progress,
  gate: ApprovalGate,
  invocation: Invocation,
  shell: Shell,
): Promise<void> {
  if (gate.id !== 'approval') say(shell, gate.title, ...gate.consequences.map((line) => `  - ${line}`), '');
  else if (progress.plan) say(shell, ...renderPlan(progress.plan, progress, viewOf(shell, 'stderr', invocation)), '');
  const typed = await ask(shell, `To ${verdict} ${gate.digest.slice(0, 19)}, type the name of the cluster: `);
  if (typed !== progress.cluster) throw new UserError(`That is not ${progress.cluster}; nothing was decided.`);
}

function report(
  verdict: 'approve' | 'reject',
  via: 'update' | 'signal',
  progress: Progress,
  gate: ApprovalGate,
  invocation: Invocation,
  shell: Shell,
  json: boolean,
): void {
  if (json) return printJson(shell, { decision: verdict, via, digest: gate.digest, runId: progress.runId });
  const done = verdict === 'approve' ? 'Approved' : 'Rejected';
  if (via === 'signal') {
    print(shell, `${done}, but no worker answered: the decision waits as a signal until one is there.`);
    say(
      shell,
      `Start one: ${commandLine(invocation, 'worker')}. If it is refused, status shows why under its remarks.`,
    );
  } else if (gate.id === 'approval') {
    print(shell, verdict === 'approve' ? `${done}: the rebuild begins.` : `${done}: nothing was touched.`);
  } else print(shell, verdict === 'approve' ? `${done}: the run goes on.` : `${done}: nothing was changed.`);
  if (verdict === 'approve') say(shell, `Look on with: ${commandLine(invocation, 'watch')}`);
}
