import { execa } from 'execa';
import { duration } from '../run/duration.ts';
import { withTimeLimit } from '../talos/time-limit.ts';

export interface ProgramOptions {
  /** Absolute path of the folder it starts in. */
  readonly cwd: string;
  /** Beside the worker's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What it reads from stdin; nothing by default. */
  readonly input?: string;
  readonly timeoutMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Why a program did not succeed. */
export interface ProgramFailure {
  /** After its name: `ended with exit code 3`. */
  readonly why: string;
  readonly wasStarted: boolean;
  /** What it wrote to stdout and stderr: may hold secrets. */
  readonly output: string;
}

const killAfterMs = 5000;

/** How long it may take for what a program wrote last to arrive, in ms. */
const outputArrivesMs = 200;

/**
 * Runs a program that a person named; resolves with why it failed, or with nothing. It has a process group of its own: a Ctrl-C for the worker lets it
 * finish, and when its time is over, all that it started ends with it. What it leaves running when it ends by itself is not waited for.
 */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  { cwd, env, input, timeoutMs, signal }: ProgramOptions,
): Promise<ProgramFailure | undefined> {
  signal.throwIfAborted();
  const child = execa(program, args, {
    cwd,
    env,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    all: true,
    reject: false,
    detached: true,
  });
  const limit = withTimeLimit(timeoutMs, signal);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const end = (): void => {
    signalGroup(child.pid, 'SIGTERM');
    setTimeout(() => isOver() || signalGroup(child.pid, 'SIGKILL'), killAfterMs).unref();
  };
  limit.addEventListener('abort', end, { once: true });
  child.once('exit', () => {
    limit.removeEventListener('abort', end);
    if (limit.aborted) signalGroup(child.pid, 'SIGKILL'); // those in it that did not heed the first one
    // Whoever goes on holds the output open, and would be waited for.
    setTimeout(() => [child.stdout, child.stderr].map((stream) => stream.destroy()), outputArrivesMs);
  });
  const { failed, exitCode, code, all } = await child;
  if (!failed) return undefined;
  const why = limit.aborted
    ? `did not end within ${duration(timeoutMs)}, and was ended`
    : exitCode !== undefined
      ? `ended with exit code ${exitCode}`
      : child.signalCode !== null
        ? `was ended by ${child.signalCode}`
        : `cannot be started (${code ?? 'unknown'})`;
  return { why, wasStarted: child.pid !== undefined, output: all };
}

/** Nobody else can have a group of this number as long as its first process has not been waited for, or others are in it. */
function signalGroup(pid: number | undefined, kind: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, kind);
  } catch {
    // it has just ended
  }
}
