import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type RunLook, readRun } from './read-run.ts';
import { isServerAway } from './temporal-errors.ts';

export interface Following {
  readonly client: Client;
  readonly cluster: string;
  /** Absent: the newest one. */
  readonly runId?: string | undefined;
  /** `question`: also stop as soon as a person has to answer something. */
  readonly until: 'question' | 'end';
  readonly signal: AbortSignal;
  /** Called at every look; without a look the server itself does not answer. */
  readonly show: (look: RunLook | undefined) => void;
  /** Gives up when no worker answered for so long, in ms; absent: never. */
  readonly patienceMs?: number;
}

export type FollowRun = typeof followRun;

const lookEveryMs = 500;

/** Twice what a worker may take to answer; then it is the server that does not. */
const lookWithinMs = 8_000;

/**
 * Looks at a run again and again, through restarts of worker and server, until it has ended (or asks something).
 * Resolves with the last look; `undefined` only if there was none before `signal` fired.
 */
export async function followRun(following: Following): Promise<RunLook | undefined> {
  const { client, cluster, until, signal, show, patienceMs = Infinity } = following;
  let runId = following.runId;
  let last: RunLook | undefined;
  let heardAt = Date.now();
  while (!signal.aborted) {
    const look = await lookOnce(client, cluster, runId, last !== undefined);
    show(look);
    if (look !== undefined) {
      last = look;
      runId = look.kind === 'seen' ? look.progress.runId : look.books.runId;
    }
    if (look?.kind === 'seen') heardAt = Date.now();
    if (look !== undefined && isOver(look, until)) return look;
    if (Date.now() - heardAt > patienceMs) return last;
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return last;
}

function isOver(look: RunLook, until: 'question' | 'end'): boolean {
  if (look.kind !== 'seen') return look.kind === 'broken';
  return look.isClosed || (until === 'question' && look.progress.gates.length > 0);
}

/** A server that goes away while we look on comes back; one that was never there is an error. */
async function lookOnce(
  client: Client,
  cluster: string,
  runId: string | undefined,
  wasThere: boolean,
): Promise<RunLook | undefined> {
  try {
    return await client.withDeadline(Date.now() + lookWithinMs, () => readRun(client, cluster, runId));
  } catch (error) {
    if (!wasThere || !isServerAway(error)) throw error;
    return undefined;
  }
}
