import type { Command } from 'commander';
import { type DecisionOptions, decide } from './decision.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { Shell } from './shell.ts';
import { takesCluster } from './which-cluster.ts';

/** `reject`: say no to the plan; the run ends and nothing was touched. */
export function addReject(program: Command, shell: Shell): void {
  takesCluster(program.command('reject'))
    .description('Reject the plan that waits. The run ends; nothing was touched.')
    .option('--digest <digest>', 'the plan that is meant: its digest, or the first 8 or more hex digits')
    .option('--reason <text>', 'for the record', '')
    .option('--by <who>', 'for the record (default: user@host)')
    .option('--json', 'print { decision, via, digest, runId } and nothing else')
    .addHelpText(
      'after',
      `\nExample:\n  $ talos-rebuild reject --digest 4be0c91d77aa --reason "not today"\n${exitCodesHelp}`,
    )
    .action((file: string | undefined, options: DecisionOptions) => decide('reject', file, options, shell));
}
