import { execFileSync } from 'node:child_process';

/**
 * Sends a signal to a process and to all that descend from it, whatever group they are in, the process itself first.
 * Processes that are gone are passed over.
 */
export function signalTree(root: number, kind: NodeJS.Signals): void {
  const before = descendantsOf(root);
  send(root, kind);
  const after = descendantsOf(root); // one that is stopped starts no more
  for (const pid of new Set([...before, ...after])) send(pid, kind);
}

function send(pid: number, kind: NodeJS.Signals): void {
  try {
    process.kill(pid, kind);
  } catch {
    // it has just ended
  }
}

function descendantsOf(root: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([pid, ppid]) => (pid !== undefined && ppid === parent ? [pid, ...below(pid)] : []));
  return below(root);
}
