import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { createFileAtomic } from './atomic-write.ts';
import { processStart } from './process-start.ts';

/**
 * How often in a row a lock may be there and be gone when it is read, as when it is given back in between;
 * after that it leads nowhere.
 */
const unreadAtMost = 100;

/** How many times a holder shows itself within the time in which it has to. */
const beatsInTime = 6;

/** The process that has a lock, as the lock file names it. */
export interface LockHolder {
  readonly pid: number;
  readonly started: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A lock that this process has. */
export interface Lock {
  /** Gives it back; may be called twice. */
  readonly release: () => Promise<void>;
  /** The process that held it before and did not give it back. */
  readonly takenOverFrom?: number;
}

/** Why a lock cannot be had: who has it, or that a link is in its place that leads nowhere. */
export type NotTaken = { readonly heldBy: LockHolder } | 'leads nowhere';

export interface LockOptions {
  /**
   * A holder shows itself all the time, and loses the lock when it has not done so for this long: it may be
   * stopped, or hang. Only for work that may be done twice, as such a holder may wake up again. Absent: a holder
   * that is alive keeps the lock.
   */
  readonly silentAtMostMs?: number;
}

/** Takes a lock file. The lock of a process that is gone, killed or lost with a reboot, is taken over. */
export async function takeLock(file: string, { silentAtMostMs }: LockOptions = {}): Promise<Lock | NotTaken> {
  const started = await processStart(process.pid);
  const mine = JSON.stringify({
    pid: process.pid,
    started: started ?? '',
    since: new Date().toISOString(),
  } satisfies LockHolder);
  let dead: number | undefined;
  for (let unread = 0; !(await createFileAtomic(file, mine));) {
    const found = await readLock(file);
    if (found === undefined && unread++ > unreadAtMost) return 'leads nowhere';
    if (found === undefined) continue;
    const holder = parseHolder(found);
    const isAlive = holder !== undefined && (await processStart(holder.pid)) === holder.started;
    if (isAlive && !(await isSilent(file, silentAtMostMs))) return { heldBy: holder };
    dead = holder?.pid;
    await removeStale(file, found);
  }
  const beat =
    silentAtMostMs === undefined ? undefined : setInterval(() => void touch(file), silentAtMostMs / beatsInTime);
  return {
    ...(dead === undefined ? {} : { takenOverFrom: dead }),
    release: async () => {
      clearInterval(beat);
      if ((await readLock(file)) === mine) await rm(file, { force: true });
    },
  };
}

async function touch(file: string): Promise<void> {
  await utimes(file, new Date(), new Date()).catch(() => undefined);
}

async function isSilent(file: string, atMostMs = Infinity): Promise<boolean> {
  const seen = await stat(file).catch(() => undefined);
  return seen !== undefined && Math.abs(Date.now() - seen.mtimeMs) > atMostMs; // a clock may have been set back since
}

/**
 * Two processes may find the same stale lock. The one that has renamed it looks at what it got: it may be the lock that
 * the other has taken in between, and is given back then.
 */
async function removeStale(file: string, stale: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readLock(aside)) !== stale) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function readLock(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<LockHolder> | null;
    return typeof holder?.pid === 'number' && typeof holder.started === 'string' ? (holder as LockHolder) : undefined;
  } catch {
    return undefined;
  }
}
