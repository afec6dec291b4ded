import { Failure } from '../run/failure.ts';
import { type Access, type CallOptions, type Talosctl, accessArguments, nameOf } from './access.ts';
import { atMost } from './at-most.ts';
import { type Problem, type TalosctlFailureDetails, classify } from './errors.ts';
import { redact } from './redact.ts';
import { runProgram } from './run-program.ts';

export interface RunOptions extends CallOptions {
  readonly timeoutMs: number;
  readonly stdin?: string;
  /** For commands that never end by themselves: at the time limit, what they wrote is the result. */
  readonly partial?: boolean;
  /** The machine that a call goes to; absent for what talosctl does by itself, such as generating. */
  readonly to?: Access;
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Each process takes some 60 MB and half of 50 ms of processor time: more at once would only slow each other down. */
const oneOfFew = atMost(12);

const stderrLimit = 1024;

/**
 * Runs `talosctl` and resolves with what it wrote. It is the only place that starts it: always with a time limit, and
 * with an environment in which no proxy, TALOSCONFIG or KUBECONFIG can redirect it. On abort `signal.reason` is thrown
 * as it is, so Temporal's CancelledFailure stays one. Everything else is a `Failure` by `classify`, without secrets,
 * with `TalosctlFailureDetails`.
 */
export async function runTalosctl(talosctl: Talosctl, args: readonly string[], options: RunOptions): Promise<Output> {
  return oneOfFew(() => runNow(talosctl, args, options), options.signal);
}

/** Runs a command against one machine: adds the flags that lead there and nowhere else. */
export async function callMachine(
  access: Access,
  args: readonly string[],
  options: Omit<RunOptions, 'to'>,
): Promise<Output> {
  return runTalosctl(access.talosctl, [...args, ...accessArguments(access)], { ...options, to: access });
}

async function runNow(talosctl: Talosctl, args: readonly string[], options: RunOptions): Promise<Output> {
  const { timeoutMs, signal, stdin, partial = false, to } = options;
  const { end, stdout, stderr } = await runProgram(talosctl.binary, args, {
    env: cleanEnvironment(),
    extendEnv: false,
    input: stdin,
    timeoutMs,
    signal,
  });
  if (end.kind === 'success' || (partial && end.kind === 'late')) return { stdout, stderr };
  signal?.throwIfAborted();

  const command = commandName(args);
  if (end.kind === 'not started') {
    throw new Failure(
      'ToolMissing',
      `talosctl cannot be started at ${talosctl.binary} (${end.code}). Install it there, or name another.`,
    );
  }
  // By itself it changes nothing but a file that is not in its place yet: somebody else's signal says nothing against
  // trying again, which is done with what is no failure of ours.
  if (end.kind === 'killed' && to === undefined) throw new Error(`talosctl ${command} was ended by ${end.by}`);
  const kind = to === undefined ? 'local' : 'insecure' in to ? 'maintenance' : 'credentials';
  const isLate = end.kind === 'late';
  const problem: Problem = isLate
    ? {
        type: to ? 'NodeUnreachable' : 'CommandFailed',
        outcome: 'unknown',
        verdict: `did not answer within ${Math.round(timeoutMs / 100) / 10} s`,
      }
    : classify(stderr, kind);
  throw failureOf(problem, command, isLate ? beforeItsEnd(stderr) : stderr, to);
}

function failureOf(problem: Problem, command: string, rawStderr: string, to: Access | undefined): Failure {
  const stderr = tail(redact(rawStderr).trim(), stderrLimit);
  const details: TalosctlFailureDetails = {
    command,
    outcome: problem.outcome,
    stderr,
    ...(problem.code === undefined ? {} : { code: problem.code }),
  };
  const who = to === undefined ? '' : `${nameOf(to)}: `;
  const said = stderr === '' ? '' : `: ${withoutWrapping(stderr)}`;
  return new Failure(problem.type, `${who}${problem.verdict} (talosctl ${command})${said}`, { details });
}

/** The words of a command before its first flag, which tell what was asked and hold no path. */
function commandName(args: readonly string[]): string {
  const words: string[] = [];
  for (const arg of args) {
    if (arg.startsWith('-') || arg.includes('/') || words.length === 2) break;
    words.push(arg);
  }
  return words.join(' ');
}

/** Without what it says of the signal by which it was ended: that is no news of the machine. */
function beforeItsEnd(stderr: string): string {
  const lines = stderr.split('\n');
  const end = lines.findIndex((line) => /Signal received, aborting|\bcontext canceled\b/.test(line));
  const said = end < 0 ? lines : lines.slice(0, end);
  return said.filter((line) => !/error occurred:\s*$/.test(line)).join('\n');
}

/** The last of the lines, without the warning about versions and without gRPC's wrapping. */
function withoutWrapping(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => !line.startsWith('WARNING:') && line.trim() !== '');
  return lines
    .join(' ')
    .replace(/rpc error: code = (\w+) desc = /g, '$1: ')
    .slice(0, 400);
}

function tail(text: string, limit: number): string {
  return text.length <= limit ? text : `…${text.slice(-limit)}`;
}

/**
 * Go's garbage collector takes half of the processor time of a process that lives for 50 ms. It is only wanted where
 * much goes through one, such as an etcd snapshot: at the memory limit it runs after all.
 */
const lateCollection = { GOGC: 'off', GOMEMLIMIT: '200MiB' };

/** Only what a program needs to run: a variable that is not here cannot lead a command to another machine. */
function cleanEnvironment(): Record<string, string> {
  const kept: Record<string, string> = { ...lateCollection };
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SYSTEMROOT']) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
