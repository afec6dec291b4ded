import { readFile, readdir } from 'node:fs/promises';

/**
 * Kills the processes in whose environment this entry stands, `NAME=value`, and gives their number: what tests have started in groups of its own
 * outlives them when they are interrupted. Only on Linux, where one process may see the environment of another.
 */
export async function endLeftBehind(entry: string): Promise<number> {
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter((pid) => pid > 0);
  let ended = 0;
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''); // it has ended, or is not ours
    if (environment.split('\0').includes(entry) && kill(pid)) ended += 1;
  }
  return ended;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false; // it has just ended
  }
}
