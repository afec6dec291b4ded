import { PassThrough } from 'node:stream';
import { runCommandLine } from '../../src/cli/command-line.ts';
import type { Shell } from '../../src/cli/shell.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the command line: as a script would, or with `typed` as a person at a terminal who types that. */
export async function runCommand(
  args: readonly string[],
  {
    env = process.env,
    typed,
    unread = new AbortController().signal,
  }: { readonly env?: NodeJS.ProcessEnv; readonly typed?: string; readonly unread?: AbortSignal } = {},
): Promise<Ran> {
  const terminal = { isTTY: typed !== undefined, columns: 100, rows: 50 };
  const open = () => Object.assign(new PassThrough(), terminal);
  const [stdin, stdout, stderr] = [open(), open(), open()];
  stdin.end(typed);
  const shell: Shell = { stdin, stdout, stderr, env, unread, exitCode: 0 };
  const written = { stdout: '', stderr: '' };
  stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()));
  const code = await runCommandLine(args, shell);
  stdout.end();
  stderr.end();
  return { code, ...written };
}
