import type { Command } from 'commander';
import { exitCodesHelp } from './exit-codes.ts';
import { commandLine } from './screen/view.ts';
import { type Shell, print, printJson, say } from './shell.ts';
import { UserError } from './user-error.ts';
import { type ClusterOptions, clusterNameOf, takesCluster } from './which-cluster.ts';
import { whoami } from './whoami.ts';
import { withTemporal } from './with-temporal.ts';

interface PauseOptions extends ClusterOptions {
  readonly by?: string;
  readonly reason?: string;
  readonly json?: true;
}

/** `pause`: holds a run at the next safe point. */
export function addPause(program: Command, shell: Shell): void {
  add(
    program,
    shell,
    'pause',
    'Hold the run at the next safe point: before the next phase, or before the control planes are reset. Machines on their way go on.',
    'I am at the machines',
  );
}

/** `resume`: lets a paused run go on. */
export function addResume(program: Command, shell: Shell): void {
  add(program, shell, 'resume', 'Let a paused run go on.', 'cables are in again');
}

function add(program: Command, shell: Shell, what: 'pause' | 'resume', description: string, reason: string): void {
  takesCluster(program.command(what))
    .description(description)
    .option('--reason <text>', 'for the record', '')
    .option('--by <who>', 'for the record (default: user@host)')
    .option('--json', `print { ${what}, runId } and nothing else`)
    .addHelpText('after', `\nExample:\n  $ talos-rebuild ${what} --reason "${reason}"\n${exitCodesHelp}`)
    .action((file: string | undefined, options: PauseOptions) => hold(what, file, options, shell));
}

async function hold(
  what: 'pause' | 'resume',
  file: string | undefined,
  options: PauseOptions,
  shell: Shell,
): Promise<void> {
  const { cluster, invocation } = await clusterNameOf(file, options, shell);
  await withTemporal(async ({ client }, { readRun, holdRun }) => {
    const look = await readRun(client, cluster);
    if (look.kind === 'broken' || (look.kind === 'seen' && look.isClosed)) {
      throw new UserError(`Nothing runs on ${cluster}; there is nothing to ${what}.`);
    }
    const { workflowId, runId } = look.kind === 'seen' ? look.progress : look.books;
    const asked = { by: options.by ?? whoami(), reason: options.reason ?? '' };
    if (!(await holdRun(client, what, workflowId, runId, asked))) {
      throw new UserError(`No worker answers on ${cluster}; nothing was changed.`, {
        details: [
          `Without a worker nothing moves. Start one: ${commandLine(invocation, 'worker')}, then ${what} again.`,
        ],
      });
    }
    if (options.json) return printJson(shell, { [what]: true, runId });
    print(shell, what === 'pause' ? 'The run stops at the next safe point.' : 'The run goes on.');
    say(shell, `See where it stands: ${commandLine(invocation, 'status')}`);
  });
}
