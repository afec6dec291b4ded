import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../run/failure.ts';
import { createFileAtomic } from './atomic-write.ts';
import { displayPath } from './paths.ts';
import { processStart } from './process-start.ts';

/** A lock that is given back between two looks is there at one and gone at the next; so often it is none. */
const unreadAtMost = 100;

export interface FolderLock {
  /** Gives the folder back; may be called twice. */
  readonly release: () => Promise<void>;
  /** The process that held it before and is gone without having given it back. */
  readonly takenOverFrom?: number;
}

interface Holder {
  readonly pid: number;
  readonly started: string;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * Takes the lock of a cluster's folder, so that no two workers work on its files. The lock of a process that is gone, killed or lost
 * with a reboot, is taken over. Fails with `PreconditionsFailed` that names the process that holds it.
 */
export async function lockFolder(folderPath: string): Promise<FolderLock> {
  const file = path.join(folderPath, 'lock');
  const started = await processStart(process.pid);
  const mine = JSON.stringify({
    pid: process.pid,
    started: started ?? '',
    since: new Date().toISOString(),
  } satisfies Holder);
  let dead: number | undefined;
  for (let unread = 0; !(await createFileAtomic(file, mine));) {
    const found = await readLock(file);
    if (found === undefined && unread++ > unreadAtMost) throw unreadable(file);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder && (await processStart(holder.pid)) === holder.started) throw held(folderPath, holder);
    dead = holder?.pid;
    await removeStale(file, found);
  }
  return {
    ...(dead === undefined ? {} : { takenOverFrom: dead }),
    release: async () => {
      if ((await readLock(file)) === mine) await rm(file, { force: true });
    },
  };
}

/**
 * Two processes may find the same stale lock. Whoever renames it looks at what it has got: the other one may have taken the lock in
 * between, and gets it back.
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

function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    return typeof holder?.pid === 'number' && typeof holder.started === 'string' ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function unreadable(file: string): Failure {
  return new Failure(
    'PreconditionsFailed',
    `${displayPath(file)} is there and leads nowhere, so the folder cannot be taken → remove it: rm '${file}'`,
  );
}

function held(folderPath: string, { pid, since }: Holder): Failure {
  return new Failure(
    'PreconditionsFailed',
    `${displayPath(folderPath)} is in use by process ${pid} since ${since} → use that worker, or stop it first: kill ${pid}`,
    { details: { pid, since } },
  );
}
