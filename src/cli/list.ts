import type { Command } from 'commander';
import { usageError } from './user-error.ts';
import { exitCodesHelp } from './exit-codes.ts';
import type { ListedRun } from './runs/list-runs.ts';
import { operationOf } from '../run/operations.ts';
import { duration } from '../run/duration.ts';
import { between, clock } from './screen/instants.ts';
import { table } from './screen/layout.ts';
import { type Shell, print, printJson, say, viewOf } from './shell.ts';
import { withTemporal } from './with-temporal.ts';

/** `list`: the runs of all clusters, newest first. */
export function addList(program: Command, shell: Shell): void {
  program
    .command('list')
    .description('List the runs of all clusters that the server remembers, newest first.')
    .option('-n, --limit <count>', 'at most so many', '20')
    .option('--json', 'print an array of runs and nothing else')
    .addHelpText('after', `\nExample:\n  $ talos-rebuild list --limit 5\n${exitCodesHelp}`)
    .action(async (options: { limit: string; json?: true }) => {
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw usageError(`--limit takes a number from 1, not ${options.limit}.`);
      const runs = await withTemporal(({ client }, { listRuns }) => listRuns(client, limit));
      if (options.json) return printJson(shell, runs);
      if (runs.length === 0) return say(shell, 'There are no runs. `talos-rebuild start` begins one.');
      const { now, paint } = viewOf(shell, 'stdout', { program: 'talos-rebuild', target: '' });
      print(
        shell,
        ...table([
          ['CLUSTER', 'WHAT', 'STARTED', 'TOOK', 'STATE', 'RUN'].map(paint.dim),
          ...runs.map((run) => row(run, now)),
        ]),
      );
    });
}

function row(run: ListedRun, now: Date): string[] {
  return [
    run.cluster,
    whatOf(run),
    clock(run.startedAt, now),
    duration(between(run.startedAt, run.endedAt, now)),
    stateOf(run),
    run.runId,
  ];
}

function whatOf({ operation, onlyPlan }: ListedRun): string {
  if (operation === undefined) return '';
  const { noun } = operationOf(operation);
  return onlyPlan ? `plan of a ${noun}` : noun;
}

function stateOf(run: ListedRun): string {
  if (run.outcome !== undefined) return run.outcome;
  if (run.status !== 'RUNNING') return run.status.toLowerCase();
  return [run.phase ?? 'begins', ...(run.needsPerson ? ['waits for a person'] : [])].join(', ');
}
