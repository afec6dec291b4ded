import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * Starts a program in a process group of its own, so that Ctrl-C in the terminal does not reach it: it has to outlive
 * the worker by a moment. With `endsWithUs` it also ends when this process is killed: a shell beside it waits on a pipe
 * that only this process holds open.
 */
export function startInOwnGroup(
  executable: string,
  args: readonly string[],
  options: { readonly log: number; readonly endsWithUs: boolean },
): ChildProcess {
  const { log, endsWithUs } = options;
  if (!endsWithUs) return spawn(executable, args, { detached: true, stdio: ['ignore', log, log] });
  const guarded =
    '"$0" "$@" 3<&- & server=$!; { read -r _; kill "$server"; } <&3 2>/dev/null & exec 3<&-; wait "$server"';
  const child = spawn('/bin/sh', ['-c', guarded, executable, ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  });
  // Held open, but not a reason for this process to stay.
  const lifeline = child.stdio[3];
  child.once('exit', () => lifeline?.destroy());
  (lifeline as unknown as { unref?(): void } | undefined)?.unref?.();
  return child;
}

/** Ends a process group: SIGTERM, then SIGKILL after `graceMs`. Resolves when none of it is left. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!signalGroup(leader, signal)) return;
    for (const until = Date.now() + waitMs; Date.now() < until;) {
      if (!signalGroup(leader, 0)) return;
      await sleep(20);
    }
  }
}

/** Sends a signal to a process group; false when there is none left. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The command line of a process, words parted by spaces; undefined when there is no such process. */
export async function commandLineOf(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      return words === '' ? undefined : words.replaceAll('\0', ' ').trim(); // a zombie has none
    }
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { timeout: 5_000 });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
