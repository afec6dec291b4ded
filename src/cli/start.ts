import type { Command } from 'commander';
import { beginRun } from './begin-run.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { renderPlanned } from './plan.ts';
import type { RunLook } from './runs/read-run.ts';
import { isWholeDigest } from './screen/digest.ts';
import { renderGates } from './screen/render-gates.ts';
import { renderLook } from './screen/render-look.ts';
import type { View } from './screen/view.ts';
import type { Shell } from './shell.ts';
import { usageError } from './user-error.ts';
import { type ClusterFileOptions, takesClusterFile } from './which-cluster.ts';

/** `start`: begins a rebuild, up to the plan that waits for approval. */
export function addStart(program: Command, shell: Shell): void {
  takesClusterFile(program.command('start'))
    .description(
      'Begin a rebuild: make the plan, show it, and leave it waiting for approval. Nothing is touched before.',
    )
    .option('--plan <digest>', 'carry out only the plan with this whole digest; another one ends the run as refused')
    .option('-w, --watch', 'stay and follow the run until it ends')
    .option('--json', 'print the progress object and nothing else')
    .addHelpText('after', `\nExample:\n  $ talos-rebuild start --cluster home/cluster.yaml\n${exitCodesHelp}`)
    .action(
      async (file: string | undefined, options: ClusterFileOptions & { plan?: string; watch?: true; json?: true }) => {
        await beginRun(shell, file, options, {
          until: options.watch ? 'end' : 'question',
          json: options.json === true,
          render: options.watch ? renderLook : renderWaiting,
          ...expectedDigest(options.plan),
        });
      },
    );
}

function expectedDigest(typed: string | undefined): { readonly expectedDigest?: string } {
  if (typed === undefined) return {};
  if (!isWholeDigest(typed))
    throw usageError('--plan takes a whole digest: sha256: and 64 hex digits, as `plan` prints it.');
  return {
    expectedDigest: `sha256:${typed
      .trim()
      .toLowerCase()
      .replace(/^sha256:/, '')}`,
  };
}

/** The plan and the line that approves it; where it did not come so far, the run. */
function renderWaiting(look: RunLook, view: View): string[] {
  if (look.kind !== 'seen' || !look.progress.gates.some((gate) => gate.kind === 'approval'))
    return renderLook(look, view);
  return [...renderPlanned(look, view), ...renderGates(look.progress.gates, view)];
}
