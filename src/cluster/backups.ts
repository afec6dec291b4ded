import path from 'node:path';
import { syncTree } from '../files/atomic-write.ts';
import { verifyChecksums, writeChecksums } from './checksums.ts';
import type { ClusterFolder } from './folder.ts';
import { makeDatedFolder } from './links.ts';

export interface Backup {
  readonly name: string;
  readonly path: string;
}

/** Makes an empty folder `backups/<date>[-n]/`; one that exists is never used again. */
export async function makeBackup(folder: ClusterFolder, now: Date = new Date()): Promise<Backup> {
  const name = await makeDatedFolder(folder.backups, now);
  return { name, path: path.join(folder.backups, name) };
}

/**
 * Ends a backup: has all of it survive a power cut, writes SHA256SUMS and reads everything back. Fails with
 * `FilesDamaged` where the disk did not keep it.
 */
export async function sealBackup(backup: Backup): Promise<void> {
  await syncTree(backup.path); // neither `talosctl` nor copying does
  await writeChecksums(backup.path);
  await verifyChecksums(backup.path);
}
