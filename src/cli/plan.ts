import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodesHelp } from './exit-codes.ts';
import type { RunLook } from './runs/read-run.ts';
import { renderLook } from './screen/render-look.ts';
import { renderPlan } from './screen/render-plan.ts';
import type { View } from './screen/view.ts';
import { type Shell, print } from './shell.ts';
import { beginRun } from './begin-run.ts';
import { type ClusterFileOptions, takesClusterFile } from './which-cluster.ts';

/** `plan`: what a rebuild would do, with nothing touched. */
export function addPlan(program: Command, shell: Shell): void {
  takesClusterFile(program.command('plan'))
    .description('Look at every machine and write down what a rebuild would do. Touches nothing, asks for nothing.')
    .option('--diff', 'print the changes to the machine configurations, too')
    .option('--json', 'print the progress object with the plan, and nothing else')
    .addHelpText('after', `\nExample:\n  $ talos-rebuild plan home/cluster.yaml --diff\n${exitCodesHelp}`)
    .action(async (file: string | undefined, options: ClusterFileOptions & { diff?: true; json?: true }) => {
      const look = await beginRun(shell, file, options, {
        operation: 'plan',
        until: 'question',
        json: options.json === true,
        render: renderPlanned,
      });
      if (options.diff && !options.json && look?.kind === 'seen') await printDiffs(look, shell);
    });
}

/** The plan where there is one; else the whole run with what stands in its way. */
export function renderPlanned(look: RunLook, view: View): string[] {
  if (look.kind !== 'seen' || look.progress.plan === undefined) return renderLook(look, view);
  return renderPlan(look.progress.plan, look.progress, view);
}

async function printDiffs({ progress }: Extract<RunLook, { kind: 'seen' }>, shell: Shell): Promise<void> {
  for (const [node, file] of Object.entries(progress.plan?.diffs ?? {})) {
    print(shell, '', `${node}:`, await readFile(join(progress.folder ?? '.', file), 'utf8'));
  }
}
