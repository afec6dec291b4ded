import { duration } from '../../run/duration.ts';
import { runProgram } from '../../talos/run-program.ts';
import type { ProgramEnd, ProgramOptions } from '../../talos/run-program.ts';

/** Why a command did not succeed. */
export interface CommandFailure {
  /** After its name: `ended with exit code 3`. */
  readonly why: string;
  readonly wasStarted: boolean;
  /** What it wrote to stdout and stderr: may hold secrets. */
  readonly output: string;
}

/** Runs a command of cluster.yaml in the worker's environment; resolves with why it failed, or with nothing. */
export async function runCommand(
  [program = '', ...args]: readonly string[],
  options: Omit<ProgramOptions, 'extendEnv'>,
): Promise<CommandFailure | undefined> {
  const { end, all } = await runProgram(program, args, { ...options, extendEnv: true });
  if (end.kind === 'success') return undefined;
  return { why: whyOf(end, options.timeoutMs), wasStarted: end.kind !== 'not started', output: all.trimEnd() };
}

function whyOf(end: Exclude<ProgramEnd['end'], { kind: 'success' }>, timeoutMs: number): string {
  switch (end.kind) {
    case 'failure':
      return `ended with exit code ${end.exitCode}`;
    case 'late':
      return `did not end within ${duration(timeoutMs)}, and was ended`;
    case 'killed':
      return `was ended by ${end.by}`;
    case 'not started':
      return `cannot be started (${end.code})`;
  }
}
