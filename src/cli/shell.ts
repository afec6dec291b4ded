import type { Readable, Writable } from 'node:stream';
import type { ExitCode } from './exit-codes.ts';
import { paintFor } from './screen/paint.ts';
import type { Invocation, View } from './screen/view.ts';

type Screen = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** The outside of a command: where it reads and writes. Handed in, so that tests can press keys and read the screen. */
export interface Shell {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly env: NodeJS.ProcessEnv;
  /**
   * Fires when nobody reads what is written any more, as after `| head`: commands that only show something end then.
   */
  readonly unread: AbortSignal;
  /** What the commands that ran ended with. */
  exitCode: ExitCode;
}

/**
 * The process's own outside. A reader that went away is no failure: what is written from then on is lost, and a command
 * that does more than show something goes on.
 */
export function processShell(): Shell {
  const { stdin, stdout, stderr, env } = process;
  const unread = new AbortController();
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
      unread.abort();
    });
  }
  return { stdin, stdout, stderr, env, unread: unread.signal, exitCode: 0 };
}

/** Results, for the next program: stdout. */
export function print(shell: Shell, ...lines: string[]): void {
  shell.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

export function printJson(shell: Shell, value: unknown): void {
  print(shell, JSON.stringify(value, undefined, 2));
}

/** Messages for the person: stderr. */
export function say(shell: Shell, ...lines: string[]): void {
  shell.stderr.write(lines.map((line) => `${line}\n`).join(''));
}

/** Whether a person can be asked something. */
export function isInteractive(shell: Shell): boolean {
  return shell.stdin.isTTY === true && shell.stderr.isTTY === true;
}

/** How things look on one of the two streams right now. */
export function viewOf(shell: Shell, stream: 'stdout' | 'stderr', invocation: Invocation): View {
  const screen = shell[stream];
  return {
    width: Math.max(40, screen.columns ?? 120),
    paint: paintFor(screen, shell.env),
    now: new Date(),
    invocation,
  };
}
