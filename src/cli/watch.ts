import type { Command } from 'commander';
import { exitCodesHelp } from './exit-codes.ts';
import { followRunOnScreen } from './follow-on-screen.ts';
import type { Shell } from './shell.ts';
import { type ClusterOptions, clusterNameOf, takesCluster } from './which-cluster.ts';
import { withTemporal } from './with-temporal.ts';

/** `watch`: follows a run until it ends. */
export function addWatch(program: Command, shell: Shell): void {
  takesCluster(program.command('watch'))
    .description(
      'Follow the newest run on a cluster until it ends. Walk away with Ctrl-C and come back: the run goes on.',
    )
    .option('--json', 'print the last progress object at the end, and nothing else')
    .addHelpText('after', `\nExample:\n  $ talos-rebuild watch --cluster home/cluster.yaml\n${exitCodesHelp}`)
    .action(async (file: string | undefined, options: ClusterOptions & { json?: true }) => {
      const { cluster, invocation } = await clusterNameOf(file, options, shell);
      await withTemporal((temporal, { followRun }) =>
        followRunOnScreen(shell, temporal, followRun, {
          cluster,
          invocation,
          json: options.json === true,
          until: 'end',
        }),
      );
    });
}
