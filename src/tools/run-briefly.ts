import { execFile } from 'node:child_process';

/** How a program ended that was asked something, and what it said. */
export interface Said {
  readonly succeeded: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program that answers at once; it has failed when it is no program, or took more than 15 seconds (a cold
 * disk is slow with 250 MB).
 */
export async function ask(path: string, args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(path, args, { timeout: 15_000, killSignal: 'SIGKILL', maxBuffer: 1 << 20 }, (error, stdout, stderr) =>
      resolve({ succeeded: error === null, stdout, stderr }),
    );
  });
}

/** What such a program wrote to stdout, as for `--version`; undefined when it failed. */
export async function runBriefly(path: string, args: readonly string[]): Promise<string | undefined> {
  const { succeeded, stdout } = await ask(path, args);
  return succeeded ? stdout : undefined;
}
