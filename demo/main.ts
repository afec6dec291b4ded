import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { returnToCallersFolder } from '../src/cli/callers-folder.ts';
import { explain } from '../src/cli/explain.ts';
import { type ExitCode, exitCodeOf, exitCodes } from '../src/cli/exit-codes.ts';
import { onInterrupt } from '../src/cli/interruption.ts';
import { commandLine } from '../src/cli/screen/view.ts';
import { type Shell, print, printJson, processShell, say, viewOf } from '../src/cli/shell.ts';
import { usageError } from '../src/cli/user-error.ts';
import { clusterFileOf } from '../src/cli/which-cluster.ts';
import { CleanUp } from './clean-up.ts';
import { type RehearseOptions, rehearse, setTheStage } from './rehearse.ts';
import { renderSummary } from './summary.ts';

interface DemoOptions {
  readonly cluster?: string;
  readonly speed: string;
  readonly yes?: true;
  readonly json?: true;
  readonly keep?: true;
}

const example = fileURLToPath(new URL('../examples/raspberry-pi/cluster.yaml', import.meta.url));

/** The whole rebuild on simulated machines, with the real Temporal, the real talosctl and the real worker. */
async function demo(args: readonly string[], shell: Shell): Promise<ExitCode> {
  process.umask(0o077); // whatever talosctl writes is for this user alone
  const cleanUp = new CleanUp();
  const interrupt = onInterrupt();
  try {
    const options = parse(args, shell);
    const stage = await setTheStage(options, shell, cleanUp, interrupt.signal);
    const progress = await rehearse(stage, options, shell, interrupt.signal);
    if (progress === undefined) return exitCodes.failed;
    if (options.json) printJson(shell, progress);
    else print(shell, ...renderSummary(progress, viewOf(shell, 'stdout', stage.invocation), options.speed));
    if (options.keep && !interrupt.signal.aborted) {
      const { rehearsal, server, invocation } = stage;
      const program = `TEMPORAL_UI_URL=${server.uiUrl} ${invocation.program}`;
      say(
        shell,
        '',
        `Everything stays up until Ctrl-C: ${server.uiUrl}, files in ${rehearsal.path}`,
        'To rebuild it once more by hand, from another terminal:',
        `  ${commandLine({ ...invocation, program }, 'start')}`,
      );
      await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve, { once: true }));
    }
    return exitCodeOf(progress);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (interrupt.signal.aborted) return exitCodes.failed;
    const { lines, exitCode } = explain(error);
    say(shell, ...lines);
    return exitCode;
  } finally {
    if (interrupt.signal.aborted) say(shell, '', 'Stopping everything …');
    await cleanUp.run();
    interrupt.release();
  }
}

function parse(args: readonly string[], shell: Shell): RehearseOptions & { readonly keep: boolean } {
  const command = new Command('demo')
    .description(
      'Rebuild a cluster of simulated machines with the real Temporal, the real talosctl and the real worker. Touches nothing else.',
    )
    .option('-c, --cluster <file>', 'rehearse this cluster file, of 1 to 50 machines, instead of the example')
    .option('--speed <factor>', 'how many times as fast as Raspberry Pis the machines are', '15')
    .option('-y, --yes', 'approve the plan without asking, through the same update')
    .option('--keep', 'leave server, Web UI, worker and machines up until Ctrl-C')
    .option('--json', 'print the final progress object on stdout and nothing else (with `npm run -s`)')
    .addHelpText('after', '\nExample:\n  $ npm run demo -- --cluster ~/home/cluster.yaml --keep')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text),
    })
    .parse([...args], { from: 'user' });
  const { cluster, speed, yes, keep, json } = command.opts<DemoOptions>();
  const factor = Number(speed);
  if (!(factor >= 0.1 && factor <= 100)) throw usageError(`--speed takes a number from 0.1 to 100, not ${speed}.`);
  return {
    clusterFile: cluster === undefined ? example : clusterFileOf(undefined, { cluster }),
    speed: factor,
    yes: yes === true,
    keep: keep === true,
    json: json === true,
  };
}

returnToCallersFolder(process.env);
process.exitCode = await demo(process.argv.slice(2), processShell());
