import type { Command } from 'commander';
import { type DecisionOptions, decide } from './decision.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { Shell } from './shell.ts';
import { takesCluster } from './which-cluster.ts';

/** `approve`: consent to exactly one plan. */
export function addApprove(program: Command, shell: Shell): void {
  takesCluster(program.command('approve'))
    .description('Approve the plan that waits. From then on machines are wiped, in the order of the plan.')
    .option('--digest <digest>', 'the plan that is meant: its digest, or the first 8 or more hex digits')
    .option('--reason <text>', 'for the record', '')
    .option('--by <who>', 'for the record (default: user@host)')
    .option('--json', 'print { decision, via, digest, runId } and nothing else')
    .addHelpText(
      'after',
      `\nExample:\n  $ talos-rebuild approve --cluster home/cluster.yaml --digest 4be0c91d77aa\n${exitCodesHelp}`,
    )
    .action((file: string | undefined, options: DecisionOptions) => decide('approve', file, options, shell));
}
