import { execFile } from 'node:child_process';

/**
 * Runs a program that answers at once, such as `--version`, and gives what it wrote to stdout, or undefined when it
 * failed, is no program, or took more than 15 seconds (a cold disk is slow with 250 MB).
 */
export async function runBriefly(path: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(path, args, { timeout: 15_000, killSignal: 'SIGKILL', maxBuffer: 1 << 20 }, (error, stdout) =>
      resolve(error ? undefined : stdout),
    );
  });
}
