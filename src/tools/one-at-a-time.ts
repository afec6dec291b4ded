import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeLock } from '../files/lock.ts';
import type { Lock } from '../files/lock.ts';
import type { Report } from './tool.ts';

const silentAtMostMs = 30_000;
const lookEveryMs = 500;

/**
 * Runs `work` while no other process runs work under the same lock file, which is taken away from a process that is
 * gone or has hung for 30 seconds. One that wakes up again goes on beside its successor: so work must end in a rename,
 * which makes that a waste of time but no harm.
 */
export async function oneAtATime<T>(lockFile: string, report: Report, work: () => Promise<T>): Promise<T> {
  const lock = await awaitLock(lockFile, report);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function awaitLock(lockFile: string, report: Report): Promise<Lock> {
  for (let announced = false; ;) {
    const lock = await takeLock(lockFile, { silentAtMostMs });
    if (lock === 'leads nowhere') {
      await rm(lockFile, { force: true });
      continue;
    }
    if ('release' in lock) return lock;
    if (!announced) report(`process ${lock.heldBy.pid} is already at it; waiting for it to finish`);
    announced = true;
    await sleep(lookEveryMs);
  }
}
