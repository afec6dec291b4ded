import type { Command } from 'commander';
import { exitCodesHelp } from './exit-codes.ts';
import { onInterrupt } from './interruption.ts';
import { type Shell, printJson, say } from './shell.ts';
import { type ClusterFileOptions, clusterFileOf, takesClusterFile } from './which-cluster.ts';

/** `worker`: carries out the runs of one cluster's folder. */
export function addWorker(program: Command, shell: Shell): void {
  takesClusterFile(program.command('worker'))
    .description(
      "Carry out the runs on one cluster, with its folder's files, against the Temporal server of the settings. Ctrl-C stops it.",
    )
    .option('--json', 'print { cluster, folder, taskQueue } once it is ready, and nothing else')
    .addHelpText(
      'after',
      `\nExample:\n  $ TEMPORAL_ADDRESS=temporal.lan:7233 talos-rebuild worker home/cluster.yaml\n${exitCodesHelp}`,
    )
    .action(async (file: string | undefined, options: ClusterFileOptions & { json?: true }) => {
      const clusterFile = clusterFileOf(file, options);
      const { startWorker } = await import('./run-worker.ts'); // loads Temporal's native core, which other commands do without
      const interrupt = onInterrupt();
      try {
        const worker = await startWorker(clusterFile, (line) => say(shell, line));
        const { definition, folder, taskQueue } = worker;
        if (options.json) printJson(shell, { cluster: definition.name, folder: folder.path, taskQueue });
        say(
          shell,
          `The worker for ${definition.name} is ready: folder ${folder.path}, task queue ${taskQueue}. Ctrl-C stops it.`,
        );
        stopOn(interrupt.signal, () => worker.stop(), shell);
        await worker.stopped;
        say(shell, 'The worker has stopped. Runs wait for the next one.');
      } finally {
        interrupt.release();
      }
    });
}

/** Stops a worker when the person wants it, and says what it still waits for. */
export function stopOn(signal: AbortSignal, stop: () => void, shell: Shell): void {
  const begin = (): void => {
    say(shell, '', 'Stopping: a command that is under way is finished first, which may take up to a minute.');
    stop();
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
}
