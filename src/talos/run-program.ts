import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { execa } from 'execa';

export interface ProgramOptions {
  /** Absolute path of the folder it starts in; the worker's own by default. */
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether it gets the worker's environment, too. */
  readonly extendEnv: boolean;
  /** What it reads from stdin; nothing by default. */
  readonly input?: string | undefined;
  readonly timeoutMs: number;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/** How a program ended, and what it wrote, which may hold secrets. */
export interface ProgramEnd {
  readonly end:
    | { readonly kind: 'success' }
    | { readonly kind: 'failure'; readonly exitCode: number }
    /** By us, as its time was over. */
    | { readonly kind: 'late' }
    /** By a signal: ours when it was aborted, or somebody else's. */
    | { readonly kind: 'killed'; readonly by: string }
    /** With the system's code: `ENOENT`. */
    | { readonly kind: 'not started'; readonly code: string };
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order in which it was written. */
  readonly all: string;
}

/** How long a program has to heed that it is ended, in ms. */
const killAfterMs = 2000;

/**
 * How long the output may be silent once a program has ended, in ms, before it is closed although another
 * process still holds it open.
 */
const silenceMs = 200;

/**
 * Runs a program. It has a process group of its own: a Ctrl-C for the worker lets it finish, and when its time
 * is over or `signal` is aborted, all that it started ends with it. What it leaves running when it ends by
 * itself is not waited for.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, extendEnv, input, timeoutMs, signal }: ProgramOptions,
): Promise<ProgramEnd> {
  const child = execa(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    extendEnv,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    all: true,
    reject: false,
    detached: true,
    stripFinalNewline: false,
  });
  let isLate = false;
  const timers: NodeJS.Timeout[] = [];
  const end = (): void => {
    signalGroup(child.pid, 'SIGTERM');
    timers.push(setTimeout(() => signalGroup(child.pid, 'SIGKILL'), killAfterMs));
  };
  const beLate = (): void => {
    isLate = true;
    end();
  };
  const stopTimers = (): void => {
    for (const timer of timers) clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  };
  timers.push(setTimeout(beLate, timeoutMs));
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  child.once('exit', () => {
    stopTimers();
    if (isLate || signal?.aborted) signalGroup(child.pid, 'SIGKILL'); // those in it that have not heeded the first one
    timers.push(closeWhenSilent(child.stdout, child.stderr));
  });
  const { failed, exitCode, code, stdout, stderr, all } = await child;
  stopTimers();
  const endOf = (): ProgramEnd['end'] => {
    if (isLate) return { kind: 'late' };
    if (!failed) return { kind: 'success' };
    if (exitCode !== undefined) return { kind: 'failure', exitCode };
    return child.signalCode === null
      ? { kind: 'not started', code: code ?? 'unknown' }
      : { kind: 'killed', by: child.signalCode };
  };
  return { end: endOf(), stdout, stderr, all };
}

/**
 * Closes what nobody has written to from one look to the next: between the two, what had been written before was read.
 */
function closeWhenSilent(...streams: readonly Readable[]): NodeJS.Timeout {
  let before = -1;
  return setInterval(() => {
    const read = streams.reduce((sum, stream) => sum + ((stream as Socket).bytesRead ?? 0), 0);
    if (read === before) for (const stream of streams) stream.destroy();
    before = read;
  }, silenceMs);
}

/**
 * Nobody else can have a group of this number as long as its first process has not been waited
 * for, or others are in it.
 */
function signalGroup(pid: number | undefined, kind: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, kind);
  } catch {
    // it has just ended
  }
}
