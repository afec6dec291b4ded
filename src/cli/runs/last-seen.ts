import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../../run/progress.ts';
import { dataFolder } from '../data-folder.ts';

/**
 * Keeps the newest progress of a cluster's run that was seen from here, so that a decision can still name its gate
 * while no worker answers. Holds no secrets, as `Progress` holds none. That it cannot be written harms nothing.
 */
export async function rememberRun(progress: Progress): Promise<void> {
  if (progress.gates.length === 0) return; // only an open question is worth remembering
  const file = fileOf(progress.workflowId);
  try {
    await mkdir(join(dataFolder(), 'seen'), { recursive: true, mode: 0o700 });
    const draft = `${file}.${process.pid}`;
    await writeFile(draft, JSON.stringify(progress), { mode: 0o600 });
    await rename(draft, file);
  } catch {
    // the disk is full or read-only
  }
}

/** What was seen last of exactly this run. */
export async function recallRun(run: { workflowId: string; runId: string }): Promise<Progress | undefined> {
  try {
    const progress = JSON.parse(await readFile(fileOf(run.workflowId), 'utf8')) as Progress;
    return progress.version === 1 && progress.runId === run.runId ? progress : undefined;
  } catch {
    return undefined;
  }
}

function fileOf(workflowId: string): string {
  return join(dataFolder(), 'seen', `${encodeURIComponent(workflowId)}.json`);
}
