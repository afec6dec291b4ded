import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const changing = [
  'chmod',
  'link',
  'mkdir',
  'mkdtemp',
  'open',
  'rename',
  'rm',
  'symlink',
  'unlink',
  'writeFile',
] as const;

/**
 * Does `work` as a process does that is killed right before its step number `step` (from 0) that changes files:
 * that step and all later ones, clean-up included, do not happen. Returns whether there was such a step; when
 * `false`, the work is done.
 */
export async function killedBefore(step: number, work: () => Promise<unknown>): Promise<boolean> {
  const originals = new Map(changing.map((name) => [name, fs[name] as (...args: unknown[]) => Promise<unknown>]));
  let steps = 0;
  for (const [name, original] of originals) {
    const counting = (...args: unknown[]): Promise<unknown> =>
      steps++ < step ? original(...args) : Promise.reject(new Error('killed'));
    Object.assign(fs, { [name]: counting });
  }
  syncBuiltinESMExports();
  try {
    await work();
    return false;
  } catch (error) {
    if (steps <= step) throw error;
    return true;
  } finally {
    for (const [name, original] of originals) Object.assign(fs, { [name]: original });
    syncBuiltinESMExports();
  }
}
