import { Command, CommanderError } from 'commander';
import { type ExitCode, exitCodes } from '../../src/cli/exit-codes.ts';
import { explain } from '../../src/cli/explain.ts';
import { onInterrupt } from '../../src/cli/interruption.ts';
import { print, processShell, say } from '../../src/cli/shell.ts';
import { usageError } from '../../src/cli/user-error.ts';
import { CleanUp } from '../../demo/clean-up.ts';
import { type Blow, blowsOf } from './blow.ts';
import { shortForm } from './short.ts';
import { type Audience, dealAll, playRandomly, recordPoints } from './suite.ts';
import { isFine, renderResult } from './table.ts';
import { type Theatre, openTheatre } from './theatre.ts';

interface CrashOptions {
  readonly list?: true;
  readonly short?: true;
  readonly only?: string;
  readonly random?: true;
  readonly seed: string;
  readonly rounds: string;
}

const shell = processShell();

/** Kills and freezes at every point of a rebuild, or says where these points are. */
async function crash(args: readonly string[]): Promise<ExitCode> {
  const cleanUp = new CleanUp();
  const interrupt = onInterrupt();
  const audience: Audience = { signal: interrupt.signal, report: (line) => say(shell, line) };
  try {
    const options = parse(args);
    const theatre = await openTheatre(cleanUp);
    if (options.list) {
      for (const { point, action } of await chosenBy(options, theatre, audience))
        print(shell, `${point.id}: ${action}`);
      return exitCodes.done;
    }
    const result = await (options.random
      ? playRandomly(theatre, audience, wholeNumber('--seed', options.seed), wholeNumber('--rounds', options.rounds))
      : dealAll(theatre, audience, await chosenBy(options, theatre, audience)));
    print(shell, '', ...renderResult(result));
    return isFine(result) ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (interrupt.signal.aborted) {
      say(shell, 'Interrupted; tidying up.');
      return exitCodes.failed;
    }
    const { lines, exitCode } = explain(error);
    say(shell, ...lines);
    return exitCode;
  } finally {
    await cleanUp.run();
    interrupt.release();
  }
}

/** What is to be done, of the short form or by the points of a rebuild. */
async function chosenBy({ short, only }: CrashOptions, theatre: Theatre, audience: Audience): Promise<Blow[]> {
  const wanted = new RegExp(only ?? '', 'i');
  const all = short ? shortForm : blowsOf((await recordPoints(theatre, audience)).passed);
  const chosen = all.filter(({ point, action }) => wanted.test(`${action} ${point.id}`));
  if (chosen.length === 0) throw usageError(`--only ${only} matches nothing; see what there is with --list.`);
  return chosen;
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!(Number.isSafeInteger(value) && value > 0))
    throw usageError(`${option} takes a whole number from 1 on, not ${text}.`);
  return value;
}

function parse(args: readonly string[]): CrashOptions {
  return new Command('crash')
    .description(
      'Kill or freeze the worker and the Temporal server at every point of a rebuild of simulated machines, and see that it goes on and ends well. ' +
        'Exit code 1: something was done twice, lost or leaked, or a point was not hit.',
    )
    .option('--list', 'only say what would be done')
    .option('--short', 'only a few points around what cannot be taken back, as `npm test` does')
    .option('--only <regex>', 'only where `ACTION POINT` matches')
    .option('--random', 'instead: kills, freezes, faults of the machines and slow ones, drawn from the seed')
    .option('--seed <number>', 'of the random mode: the same seed plans the same rounds', '1')
    .option('--rounds <number>', 'of the random mode', '10')
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
