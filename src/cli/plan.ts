import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asRebuildPlan } from '../run/plan/approvable-plan.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { RunLook } from './runs/read-run.ts';
import { lookAsJson } from './look-result.ts';
import { renderLook } from './screen/render-look.ts';
import { renderPlan } from './screen/render-plan.ts';
import type { View } from './screen/view.ts';
import { type Shell, print } from './shell.ts';
import { writePatches } from './write-patches.ts';
import { beginRun } from './begin-run.ts';
import { type ClusterFileOptions, takesClusterFile } from './which-cluster.ts';

interface PlanOptions {
  readonly diff?: true;
  readonly json?: true;
  readonly writePatches?: string;
}

/** `plan`: what a rebuild would do, with nothing touched. */
export function addPlan(program: Command, shell: Shell): void {
  takesClusterFile(program.command('plan'))
    .description('Look at every machine and write down what a rebuild would do. Touches nothing, asks for nothing.')
    .option('--diff', 'print the changes to the machine configurations, too')
    .option('--write-patches <dir>', 'write patches that keep what is set today and would not be set afterwards')
    .option('--json', 'print the plan as a document and nothing else; where there is none, the progress object')
    .addHelpText('after', `\nExample:\n  $ talos-rebuild plan home/cluster.yaml --diff\n${exitCodesHelp}`)
    .action(async (file: string | undefined, options: ClusterFileOptions & PlanOptions) => {
      const look = await beginRun(shell, file, options, {
        onlyPlan: true,
        until: 'question',
        json: false,
        render: options.json ? (seen) => [JSON.stringify(planAsJson(seen), undefined, 2)] : renderPlanned,
      });
      if (look?.kind !== 'seen') return;
      if (options.diff && !options.json) await printDiffs(look, shell);
      if (options.writePatches !== undefined) await writePatches(look.progress, options.writePatches, shell);
    });
}

/** The plan where there is one; else the whole run with what stands in its way. */
export function renderPlanned(look: RunLook, view: View): string[] {
  if (look.kind !== 'seen' || look.progress.plan === undefined) return renderLook(look, view);
  return renderPlan(look.progress.plan, look.progress, view);
}

/** The document that the digest stands for, with everything that was found. */
function planAsJson(look: RunLook): unknown {
  if (look.kind !== 'seen' || look.progress.plan === undefined) return lookAsJson(look);
  return { ...look.progress.plan, findings: look.progress.findings };
}

async function printDiffs({ progress }: Extract<RunLook, { kind: 'seen' }>, shell: Shell): Promise<void> {
  for (const [node, file] of Object.entries(asRebuildPlan(progress.plan)?.diffs ?? {})) {
    print(shell, '', `${node}:`, await readFile(join(progress.folder ?? '.', file), 'utf8'));
  }
}
