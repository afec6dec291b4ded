import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../run/failure.ts';
import type { Traces } from '../run/left-behind.ts';
import type { MachineTrace } from '../run/machine-trace.ts';
import type { Operation } from '../run/operations.ts';
import { isOperation } from '../run/operations.ts';
import type { Outcome } from '../run/outcomes.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';
import { displayPath } from './paths.ts';

/**
 * What a run has done to machines, kept in `run.json` apart from Temporal, each fact written before it is acted on: a
 * run may vanish there. Instants are ISO 8601.
 */
export interface RunRecord extends Traces {
  readonly operation: Operation;
  readonly runId: string;
  readonly startedAt: string;
  planDigest?: string;
  /** The last amendment that was taken up; its copy of cluster.yaml counts. */
  amendment?: number;
  /** Name of the folder in `backups/` with what was saved before the first reset. */
  backup?: string;
  readonly nodes: Record<string, MachineTrace>;
  bootstrap?: { node: string; chosenAt: string; sentAt?: string };
  drill?: { holder: string; bootId: string; rebootSentAt?: string };
  outcome?: Outcome;
}

/** Reads `run.json` of a run's folder. Fails with `FilesDamaged`. */
export async function readRunRecord(runPath: string): Promise<RunRecord> {
  const file = recordFile(runPath);
  let record: RunRecord;
  try {
    record = JSON.parse(await readFile(file, 'utf8')) as RunRecord;
  } catch (cause) {
    const remedy = 'bring it back from a backup; without it nobody knows which machine was bootstrapped';
    throw new Failure('FilesDamaged', `${displayPath(file)} cannot be read → ${remedy}`, { cause });
  }
  if (isOperation(record.operation)) return record;
  throw new Failure(
    'FilesDamaged',
    `${displayPath(file)} is of a run whose operation (${String(record.operation)}) is not known here → use the version of ` +
      'talos-rebuild that made it; without it nobody knows what that run has left behind',
  );
}

const tails = new Map<string, Promise<unknown>>();

/**
 * Changes `run.json`: `mutate` gets the record as it is on disk and changes it in place. Changes of one process come
 * one after the other; when this returns, the change has been written and survives a power cut.
 */
export async function updateRunRecord(runPath: string, mutate: (record: RunRecord) => void): Promise<RunRecord> {
  const key = path.resolve(runPath);
  const change = async (): Promise<RunRecord> => {
    const record = await readRunRecord(key);
    const before = JSON.stringify(record);
    mutate(record);
    if (JSON.stringify(record) !== before) await writeRunRecord(key, record);
    return record;
  };
  const mine = (tails.get(key) ?? Promise.resolve()).then(change, change);
  tails.set(key, mine);
  try {
    return await mine;
  } finally {
    if (tails.get(key) === mine) tails.delete(key);
  }
}

/** Writes `run.json` as a whole. */
export async function writeRunRecord(runPath: string, record: RunRecord): Promise<void> {
  await writeFileAtomic(recordFile(runPath), `${JSON.stringify(record, undefined, 2)}\n`);
}

function recordFile(runPath: string): string {
  return path.join(runPath, 'run.json');
}
