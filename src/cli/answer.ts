import type { Command } from 'commander';
import { choices, type FailureGate } from '../run/gates.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { RunLook } from './runs/read-run.ts';
import { type Invocation, commandLine } from './screen/view.ts';
import { type Shell, print, printJson } from './shell.ts';
import { UserError, usageError } from './user-error.ts';
import { type ClusterOptions, clusterNameOf, clusterOption, nameOption } from './which-cluster.ts';
import { whoami } from './whoami.ts';
import { withTemporal } from './with-temporal.ts';

interface AnswerOptions extends ClusterOptions {
  readonly by?: string;
  readonly reason?: string;
  readonly json?: true;
}

/** `answer`: tells a run that waits after a failure how to go on. */
export function addAnswer(program: Command, shell: Shell): void {
  program
    .command('answer')
    .description('Answer a question that a failure has opened. `status` shows the open ones with what was seen.')
    .argument('<gate>', 'the id of the question, such as reset/pi-12')
    .argument('<choice>', choices.join(', '))
    .addOption(clusterOption())
    .addOption(nameOption())
    .option('--reason <text>', 'for the record', '')
    .option('--by <who>', 'for the record (default: user@host)')
    .option('--json', 'print { gate, choice, runId } and nothing else')
    .addHelpText(
      'after',
      `\nExample:\n  $ talos-rebuild answer reset/pi-12 retry --reason "power was off"\n${exitCodesHelp}`,
    )
    .action((gate: string, choice: string, options: AnswerOptions) => answer(gate, choice, options, shell));
}

async function answer(gateId: string, typed: string, options: AnswerOptions, shell: Shell): Promise<void> {
  const choice = choices.find((one) => one === typed);
  if (choice === undefined) throw usageError(`An answer is ${choices.join(', ')}, not ${typed}.`);
  const { cluster, invocation } = await clusterNameOf(undefined, options, shell);
  await withTemporal(async ({ client }, { readRun, answerGate }) => {
    const look = await readRun(client, cluster);
    const { gate, runId, workflowId } = openGate(look, gateId, cluster, invocation);
    if (!gate.choices.includes(choice)) {
      throw new UserError(`Gate ${gate.id} can be answered with ${gate.choices.join(' or ')}, not with ${choice}.`);
    }
    const content = {
      gate: gate.id,
      nonce: gate.nonce,
      choice,
      by: options.by ?? whoami(),
      reason: options.reason ?? '',
    };
    if (!(await answerGate(client, workflowId, runId, content))) throw noWorker(cluster, invocation);
    if (options.json) printJson(shell, { gate: gate.id, choice, runId });
    else print(shell, `${gate.id}: ${choice}.`);
  });
}

function openGate(
  look: RunLook,
  id: string,
  cluster: string,
  invocation: Invocation,
): { readonly gate: FailureGate; readonly runId: string; readonly workflowId: string } {
  if (look.kind === 'no worker') throw noWorker(cluster, invocation);
  if (look.kind === 'broken')
    throw new UserError(`No question is open on ${cluster}: the last run ended: ${look.reason}.`);
  const { gates, runId, workflowId } = look.progress;
  const gate = gates.find((one) => one.id === id);
  if (gate?.kind === 'failure') return { gate, runId, workflowId };
  const open = gates.map((one) => one.id).join(', ');
  throw gate === undefined
    ? new UserError(`There is no open question ${id} on ${cluster}; open: ${open || 'none'}.`)
    : new UserError(`${id} asks for an approval: use \`${commandLine(invocation, 'approve')}\` or reject.`);
}

function noWorker(cluster: string, invocation: Invocation): UserError {
  return new UserError(`No worker answers on ${cluster}; the answer was not given.`, {
    details: [`Start one: ${commandLine(invocation, 'worker')}, then answer again.`],
  });
}
