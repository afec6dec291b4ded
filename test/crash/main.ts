import { Command, CommanderError } from 'commander';
import { type ExitCode, exitCodes } from '../../src/cli/exit-codes.ts';
import { explain } from '../../src/cli/explain.ts';
import { onInterrupt } from '../../src/cli/interruption.ts';
import { print, processShell, say } from '../../src/cli/shell.ts';
import { CleanUp } from '../../src/demo/clean-up.ts';
import { blowsOf } from './blow.ts';
import { type Audience, dealAll, recordPoints } from './suite.ts';
import { isFine, renderResult } from './table.ts';
import { openTheatre } from './theatre.ts';

interface CrashOptions {
  readonly list?: true;
  readonly only?: string;
}

const shell = processShell();

/** Kills and freezes at every point of a rebuild, or says where these points are. */
async function crash(args: readonly string[]): Promise<ExitCode> {
  const cleanUp = new CleanUp();
  const interrupt = onInterrupt();
  const audience: Audience = { signal: interrupt.signal, report: (line) => say(shell, line) };
  try {
    const { list, only } = parse(args);
    const theatre = await openTheatre(audience.report, cleanUp);
    if (list) {
      const { passed } = await recordPoints(theatre, audience);
      print(shell, ...blowsOf(passed).map(({ point, action }) => `${point.id}: ${action}`));
      return exitCodes.done;
    }
    const wanted = new RegExp(only ?? '', 'i');
    const result = await dealAll(theatre, audience, (points) =>
      blowsOf(points).filter(({ point, action }) => wanted.test(`${action} ${point.id}`)),
    );
    print(shell, '', ...renderResult(result));
    return isFine(result) ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const { lines, exitCode } = explain(error);
    say(shell, ...lines);
    return exitCode;
  } finally {
    await cleanUp.run();
    interrupt.release();
  }
}

function parse(args: readonly string[]): CrashOptions {
  return new Command('crash')
    .description(
      'Kill or freeze the worker and the Temporal server at every point of a rebuild of simulated machines, and see that it goes on and ends well. ' +
        'Exit code 1: something was done twice, lost or leaked, or a point was not hit.',
    )
    .option('--list', 'only say what would be done')
    .option('--only <regex>', 'only where `ACTION POINT` matches')
    .addHelpText('after', '\nExample:\n  $ npm run crash -- --only "freeze worker .*Reset"')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text),
    })
    .parse([...args], { from: 'user' })
    .opts<CrashOptions>();
}

process.exitCode = await crash(process.argv.slice(2));
