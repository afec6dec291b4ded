import { statfs } from 'node:fs/promises';
import type { Finding } from '../../../run/findings.ts';

/** Configurations are small; an etcd snapshot may have hundreds of megabytes. */
const neededBytes = 1024 ** 3;

export async function checkDiskSpace(folder: string): Promise<Finding[]> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= neededBytes) return [];
  return [
    {
      severity: 'error',
      seen: `${Math.floor(free / 1024 ** 2)} MB are free in ${folder}`,
      remedy: 'make room for the backup: 1 GB is enough',
    },
  ];
}
