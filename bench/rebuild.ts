import { writeFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { explain } from '../src/cli/explain.ts';
import { type ExitCode, exitCodes } from '../src/cli/exit-codes.ts';
import { onInterrupt } from '../src/cli/interruption.ts';
import { paintFor } from '../src/cli/screen/paint.ts';
import { print, printJson, processShell, say } from '../src/cli/shell.ts';
import { usageError } from '../src/cli/user-error.ts';
import { CleanUp } from '../demo/clean-up.ts';
import { withTimeLimit } from '../src/talos/time-limit.ts';
import { criticalPath } from './critical-path.ts';
import { isMissed, resultsOf } from './goals.ts';
import { measureCosts } from './machine-costs.ts';
import { measure } from './measurement.ts';
import { renderCosts, renderCourse, renderResults } from './render.ts';
import { countEvents, runRebuild } from './run-rebuild.ts';
import { type StageOptions, setTheStage } from './stage.ts';
import { asRebuildPlan } from '../src/run/plan/approvable-plan.ts';

interface BenchOptions extends StageOptions {
  readonly json: boolean;
  readonly journal?: string;
}

const timeLimitMs = 10 * 60_000;
/** The last states may come after the run has ended, but not long after. */
const settleMs = 30_000;

const shell = processShell();

/** One rebuild on simulated machines, measured. */
async function bench(args: readonly string[]): Promise<ExitCode> {
  process.umask(0o077);
  const cleanUp = new CleanUp();
  const interrupt = onInterrupt();
  const signal = withTimeLimit(timeLimitMs, interrupt.signal);
  try {
    const options = parse(args);
    say(shell, `Rebuilding ${options.nodes} simulated machines, ${options.speed} times as fast as Raspberry Pis …`);
    const stage = await setTheStage(options, (line) => say(shell, line), cleanUp, signal);
    const progress = await runRebuild(stage, signal);
    const events = await countEvents(stage);
    const peakMemory = await stage.worker.peakMemory();
    const { lab } = stage;
    const names = stage.definition.nodes.filter(({ role }) => role === 'controlplane').map(({ name }) => name);
    await lab.until(() => names.every((name) => lab.machine(name).inspect().isApiserverUp), settleMs);
    if (options.journal !== undefined) await writeFile(options.journal, JSON.stringify(lab.journal.entries));
    const canary = asRebuildPlan(progress.plan)?.plan.order.canary;
    const path = criticalPath(lab.journal.entries, { nodes: stage.definition.nodes, canary });
    const costs = await measureCosts(stage);
    const measurement = measure(lab.journal.entries, progress, path, { events, peakMemory });
    const results = resultsOf(measurement);
    if (options.json) printJson(shell, { results, costs, ...measurement, events: Object.fromEntries(events) });
    else {
      const paint = paintFor(shell.stdout);
      print(
        shell,
        '',
        ...renderCourse(measurement, paint),
        '',
        ...renderCosts(costs, paint),
        '',
        ...renderResults(results, paint),
      );
    }
    return results.some(isMissed) ? exitCodes.failed : exitCodes.done;
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

function parse(args: readonly string[]): BenchOptions {
  const command = new Command('bench')
    .description(
      'Rebuild simulated machines with the real Temporal, talosctl and worker, and compare the wall time with the critical path: ' +
        "the time that the machines alone need, computed from the simulator's journal. Exit code 1: a goal is missed.",
    )
    .option('--nodes <count>', 'machines, of which three are control planes', '4')
    .option('--speed <factor>', 'how many times as fast as Raspberry Pis; by default so that the critical path is 30 s')
    .option('--plant-wait <ms>', 'a fixed wait before one of the steps, to see that it is found', '0')
    .option('--plant-in <activity>', 'the step that has the planted wait', 'resetNode')
    .option('--journal <file>', "write the simulator's journal there, as JSON")
    .option('--json', 'print the figures as JSON (with `npm run -s`)')
    .addHelpText('after', '\nExample:\n  $ npm run bench -- --plant-wait 1000')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text),
    })
    .parse([...args], { from: 'user' });
  const given = command.opts<Record<string, string | undefined> & { json?: true }>();
  const nodes = within('--nodes', given['nodes'], 4, 50);
  const waitMs = within('--plant-wait', given['plantWait'], 0, 8_000);
  const { journal } = given;
  return {
    nodes,
    // With more than one worker, the workers after the canary take another turn.
    speed: given['speed'] === undefined ? (nodes === 4 ? 9 : 11) : within('--speed', given['speed'], 0.1, 100),
    json: given.json === true,
    ...(waitMs > 0 ? { plant: { activity: given['plantIn'] ?? '', waitMs } } : {}),
    ...(journal === undefined ? {} : { journal }),
  };
}

function within(option: string, text: string | undefined, least: number, most: number): number {
  const value = Number(text);
  if (!(value >= least && value <= most))
    throw usageError(`${option} takes a number from ${least} to ${most}, not ${text}.`);
  return value;
}

process.exitCode = await bench(process.argv.slice(2));
