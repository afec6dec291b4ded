import { join } from 'node:path';
import type { Command } from 'commander';
import { embeddedDefaults } from '../temporal/embedded-defaults.ts';
import { dataFolder } from './data-folder.ts';
import type { DevServer } from './dev-server.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { onInterrupt } from './interruption.ts';
import { commandLine } from './screen/view.ts';
import { type Shell, printJson, say } from './shell.ts';
import { usageError } from './user-error.ts';
import { type ClusterFileOptions, clusterFileOf, invocationFor, takesClusterFile } from './which-cluster.ts';
import { stopOn } from './worker.ts';

interface DevOptions extends ClusterFileOptions {
  readonly port: string;
  readonly uiPort: string;
  readonly json?: true;
}

/** `dev`: a Temporal server of one's own and the worker, in one terminal. */
export function addDev(program: Command, shell: Shell): void {
  takesClusterFile(program.command('dev'))
    .description(
      'Run a Temporal server on this computer, whose database survives restarts, and the worker for one cluster. Ctrl-C stops both.',
    )
    .option('--port <port>', 'for programs', String(embeddedDefaults.port))
    .option('--ui-port <port>', 'for the browser', String(embeddedDefaults.uiPort))
    .option('--json', 'print { address, ui, cluster, folder, taskQueue } once all is ready, and nothing else')
    .addHelpText('after', `\nExample:\n  $ talos-rebuild dev --cluster home/cluster.yaml\n${exitCodesHelp}`)
    .action((file: string | undefined, options: DevOptions) => dev(file, options, shell));
}

async function dev(file: string | undefined, options: DevOptions, shell: Shell): Promise<void> {
  const clusterFile = clusterFileOf(file, options);
  const invocation = invocationFor(shell, clusterFile);
  const place = { port: portOf(options.port), uiPort: portOf(options.uiPort) };
  const [{ openServer }, { startWorker }, { connectionSettings }] = await Promise.all([
    import('./dev-server.ts'),
    import('./run-worker.ts'),
    import('../temporal/connection-settings.ts'),
  ]);
  const report = (line: string): void => say(shell, line);
  const interrupt = onInterrupt();
  try {
    const folder = dataFolder(shell.env);
    const server = await openServer({ folder, logFile: join(folder, 'temporal.log'), ...place }, report);
    try {
      const { address, namespace } = server; // the person's own profiles lead elsewhere
      const settings = { address, namespace, options: { address } };
      const worker = await startWorker(clusterFile, report, settings);
      const ready = { address: server.address, ui: server.uiUrl, cluster: worker.definition.name };
      if (options.json) printJson(shell, { ...ready, folder: worker.folder.path, taskQueue: worker.taskQueue });
      say(
        shell,
        `Web UI   ${server.uiUrl}`,
        `Temporal ${server.address}, ${server.kept}`,
        `Worker   ${worker.definition.name}, folder ${worker.folder.path}`,
        '',
        'Leave this running. In another terminal:',
        `  ${placeSettings(server, connectionSettings(shell.env).address, shell)}${commandLine(invocation, 'start')}`,
      );
      stopOn(interrupt.signal, () => worker.stop(), shell);
      await worker.stopped;
    } finally {
      await server.stop();
    }
    say(shell, 'Stopped. Runs are kept and go on with the next `dev`.');
  } finally {
    interrupt.release();
  }
}

/** What other commands need to find a server and a Web UI that are not at their usual places. */
function placeSettings({ address, uiUrl }: DevServer, usualAddress: string, shell: Shell): string {
  const usualUi = `http://${embeddedDefaults.host}:${embeddedDefaults.uiPort}`;
  const needed = [
    usualAddress === address ? '' : `TEMPORAL_ADDRESS=${address} `,
    (shell.env['TEMPORAL_UI_URL'] || usualUi) === uiUrl ? '' : `TEMPORAL_UI_URL=${uiUrl} `,
  ];
  return needed.join('');
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw usageError(`A port is a number from 1 to 65535, not ${text}.`);
}
