import { PassThrough } from 'node:stream';
import { runCommandLine } from '../../src/cli/command-line.ts';
import type { Shell } from '../../src/cli/shell.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the command line as a script would: no terminal, nothing typed. */
export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const shell: Shell = { stdin, stdout, stderr, env, exitCode: 0 };
  const written = { stdout: '', stderr: '' };
  stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()));
  const code = await runCommandLine(args, shell);
  stdout.end();
  stderr.end();
  return { code, ...written };
}
