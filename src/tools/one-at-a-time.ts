import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from './tool.ts';

const beatMs = 5_000;
const staleAfterMs = 30_000;

/**
 * Runs `work` while no other process runs work under the same lock file. The file holds the owner's process id and is
 * touched every 5 seconds; it is stale, and taken away, when that process is gone or has not touched it for 30 seconds
 * (its id may belong to another program by now). Two processes that find a stale file at the same instant may both
 * begin: so work must end in a rename, which makes that a waste of time but no harm.
 */
export async function oneAtATime<T>(lockFile: string, report: Report, work: () => Promise<T>): Promise<T> {
  for (let announced = false; !(await take(lockFile));) {
    const owner = await liveOwner(lockFile);
    if (owner === undefined) {
      await rm(lockFile, { force: true });
      continue;
    }
    if (!announced) report(`process ${owner} is already at it; waiting for it to finish`);
    announced = true;
    await sleep(500);
  }
  const beat = setInterval(() => void utimes(lockFile, new Date(), new Date()).catch(() => undefined), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(lockFile, { force: true });
  }
}

async function take(lockFile: string): Promise<boolean> {
  try {
    await writeFile(lockFile, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function liveOwner(lockFile: string): Promise<number | undefined> {
  try {
    const age = Math.abs(Date.now() - (await stat(lockFile)).mtimeMs); // a clock may have been set back since
    const pid = Number.parseInt(await readFile(lockFile, 'utf8'), 10);
    // An empty file was made a moment ago by someone who has not written the id yet.
    if (Number.isNaN(pid)) return age < 1_000 ? 0 : undefined;
    return age < staleAfterMs && isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
