import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addAnswer } from './answer.ts';
import { addApprove } from './approve.ts';
import { addCancel } from './cancel.ts';
import { addDev } from './dev.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { addList } from './list.ts';
import { addPause, addResume } from './pause.ts';
import { addPlan } from './plan.ts';
import { addReject } from './reject.ts';
import { explain } from './explain.ts';
import { type Shell, say } from './shell.ts';
import { addStart } from './start.ts';
import { addStatus } from './status.ts';
import { addValidate } from './validate.ts';
import { addWatch } from './watch.ts';
import { addWorker } from './worker.ts';

/**
 * Runs one command and gives its exit code. The person's mistakes and what they can mend become a clear line on stderr;
 * a defect of ours shows its stack.
 */
export async function runCommandLine(args: readonly string[], shell: Shell): Promise<ExitCode> {
  try {
    await program(shell).parseAsync([...args], { from: 'user' });
    return shell.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage; // already printed
    const { lines, exitCode } = explain(error);
    say(shell, ...lines);
    return exitCode;
  }
}

function program(shell: Shell): Command {
  const command = new Command('talos-rebuild')
    .description(
      'Tears a Talos Linux cluster down and builds it again with a virtual IP: planned, approved, durable, measured.',
    )
    .version(version())
    .exitOverride()
    .showHelpAfterError('(see --help)')
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text),
      getOutHelpWidth: () => shell.stdout.columns ?? 100,
      getErrHelpWidth: () => shell.stderr.columns ?? 100,
    })
    .addHelpText(
      'after',
      `
First steps:
  $ talos-rebuild validate cluster.yaml    is the file right?
  $ talos-rebuild dev                      Temporal and a worker, in a terminal of their own
  $ talos-rebuild start                    make the plan and ask for approval
  $ talos-rebuild approve                  let it begin; nothing is touched before
  $ talos-rebuild watch                    look on, walk away, come back`,
    );
  for (const add of [addValidate, addDev, addWorker, addPlan, addStart, addApprove, addReject]) add(command, shell);
  for (const add of [addAnswer, addStatus, addWatch, addList, addPause, addResume, addCancel]) add(command, shell);
  return command;
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
