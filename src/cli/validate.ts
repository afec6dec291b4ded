import type { Command } from 'commander';
import { Failure } from '../run/failure.ts';
import { describeFinding } from '../run/findings.ts';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';
import { type Shell, print, printJson } from './shell.ts';
import { type ClusterFileOptions, clusterFileOf, takesClusterFile } from './which-cluster.ts';

/** `validate`: whether a cluster file is right. Asks no machine and no server. */
export function addValidate(program: Command, shell: Shell): void {
  takesClusterFile(program.command('validate'))
    .description('Check a cluster file and its patches; asks no machine and no server.')
    .option('--json', 'print { valid, problems, warnings } and nothing else')
    .addHelpText('after', `\nExample:\n  $ talos-rebuild validate home/cluster.yaml\n${exitCodesHelp}`)
    .action(async (file: string | undefined, options: ClusterFileOptions & { json?: true }) => {
      await validate(clusterFileOf(file, options), options.json === true, shell);
    });
}

async function validate(file: string, json: boolean, shell: Shell): Promise<void> {
  const { loadCluster } = await import('../cluster/load-cluster.ts');
  try {
    const { definition, warnings } = await loadCluster(file);
    if (json) return printJson(shell, { valid: true, cluster: definition.name, problems: [], warnings });
    print(shell, ...warnings.map((warning) => `warning: ${describeFinding(warning)}`), `${definition.name}: valid`);
  } catch (error) {
    if (!(error instanceof Failure) || error.type !== 'ClusterFileInvalid') throw error;
    shell.exitCode = exitCodes.failed;
    if (json) return printJson(shell, { valid: false, problems: error.details, warnings: [] });
    print(shell, error.message);
  }
}
