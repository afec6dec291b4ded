import type { Command } from 'commander';
import { exitCodesHelp } from './exit-codes.ts';
import { commandLine } from './screen/view.ts';
import { type Shell, print, printJson, say } from './shell.ts';
import { UserError } from './user-error.ts';
import { type ClusterOptions, clusterNameOf, takesCluster } from './which-cluster.ts';
import { whoami } from './whoami.ts';
import { withTemporal } from './with-temporal.ts';

interface CancelOptions extends ClusterOptions {
  readonly by?: string;
  readonly reason?: string;
  readonly json?: true;
}

/** `cancel`: calls a run off before the point of no return. */
export function addCancel(program: Command, shell: Shell): void {
  takesCluster(program.command('cancel'))
    .description(
      'Call the run off. A machine that was reset already gets its old configuration back; refused after the point of no return.',
    )
    .option('--reason <text>', 'for the record', '')
    .option('--by <who>', 'for the record (default: user@host)')
    .option('--json', 'print { cancel, via, runId } and nothing else')
    .addHelpText('after', `\nExample:\n  $ talos-rebuild cancel --reason "wrong cluster"\n${exitCodesHelp}`)
    .action((file: string | undefined, options: CancelOptions) => cancel(file, options, shell));
}

async function cancel(file: string | undefined, options: CancelOptions, shell: Shell): Promise<void> {
  const { cluster, invocation } = await clusterNameOf(file, options, shell);
  await withTemporal(async ({ client }, { readRun, cancelRun }) => {
    const look = await readRun(client, cluster);
    if (look.kind === 'broken' || (look.kind === 'seen' && look.isClosed)) {
      throw new UserError(`Nothing runs on ${cluster}; there is nothing to call off.`);
    }
    const { workflowId, runId } = look.kind === 'seen' ? look.progress : look.books;
    const via = await cancelRun(client, workflowId, runId, {
      by: options.by ?? whoami(),
      reason: options.reason ?? '',
    });
    if (options.json) return printJson(shell, { cancel: true, via, runId });
    print(
      shell,
      via === 'update'
        ? 'The run is being called off.'
        : 'No worker answered: the request waits with the server, and counts if the point of no return is not passed by then.',
    );
    say(shell, `See how it ends: ${commandLine(invocation, 'watch')}`);
  });
}
