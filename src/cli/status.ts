import type { Command } from 'commander';
import { exitCodesHelp } from './exit-codes.ts';
import { exitCodeOfLook, lookAsJson } from './look-result.ts';
import { renderLook } from './screen/render-look.ts';
import { type Shell, print, printJson, viewOf } from './shell.ts';
import { type ClusterOptions, clusterNameOf, takesCluster } from './which-cluster.ts';
import { withTemporal } from './with-temporal.ts';

/** `status`: one look at the newest run on a cluster. */
export function addStatus(program: Command, shell: Shell): void {
  takesCluster(program.command('status'))
    .description('Show how far the newest run on a cluster is, and what it waits for.')
    .option('--json', 'print the progress object and nothing else')
    .addHelpText(
      'after',
      `\nExample:\n  $ talos-rebuild status --name talos-k8s-cluster --json | jq .gates\n${exitCodesHelp}`,
    )
    .action(async (file: string | undefined, options: ClusterOptions & { json?: true }) => {
      const { cluster, invocation } = await clusterNameOf(file, options, shell);
      const look = await withTemporal(({ client }, { readRun }) => readRun(client, cluster));
      shell.exitCode = exitCodeOfLook(look);
      if (options.json) printJson(shell, lookAsJson(look));
      else print(shell, ...renderLook(look, viewOf(shell, 'stdout', invocation)));
    });
}
