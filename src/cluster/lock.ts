import path from 'node:path';
import { takeLock } from '../files/lock.ts';
import type { Lock, LockHolder } from '../files/lock.ts';
import { Failure } from '../run/failure.ts';
import { displayPath } from './paths.ts';

/**
 * Takes the lock of a cluster's folder, so that no two workers work on its files. The lock of a process that is gone,
 * killed or lost with a reboot, is taken over. Fails with `PreconditionsFailed` that names the process that holds it.
 */
export async function lockFolder(folderPath: string): Promise<Lock> {
  const file = path.join(folderPath, 'lock');
  const lock = await takeLock(file);
  if (lock === 'leads nowhere') throw unreadable(file);
  if ('heldBy' in lock) throw held(folderPath, lock.heldBy);
  return lock;
}

function unreadable(file: string): Failure {
  return new Failure(
    'PreconditionsFailed',
    `${displayPath(file)} is there and leads nowhere, so the folder cannot be taken → remove it: rm '${file}'`,
  );
}

function held(folderPath: string, { pid, since }: LockHolder): Failure {
  return new Failure(
    'PreconditionsFailed',
    `${displayPath(folderPath)} is in use by process ${pid} since ${since} → use that worker, or stop it first: kill ${pid}`,
    { details: { pid, since } },
  );
}
