import { readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { isTemporary } from '../../src/files/atomic-write.ts';
import { verifyChecksums } from '../../src/cluster/checksums.ts';
import type { ClusterFolder } from '../../src/cluster/folder.ts';

/** Files of a cluster's folder that were written by half, and links that lead nowhere: a line each. */
export async function damagesIn(folder: ClusterFolder): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder.path, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = path.join(entry.parentPath, entry.name);
    if (isTemporary(entry.name)) continue; // what a killed write left behind is no part of the folder
    if (entry.isSymbolicLink() && (await realpath(file).catch(() => undefined)) === undefined)
      found.push(`${file} leads nowhere`);
    if (!entry.isFile()) continue;
    const text = await readFile(file, 'utf8');
    if (file.endsWith('.json') && !isJson(text)) found.push(`${file} is no JSON`);
    if (file.endsWith('.yaml') && (text === '' || parseAllDocuments(text).some(({ errors }) => errors.length > 0)))
      found.push(`${file} is no YAML`);
    if (entry.name === 'SHA256SUMS')
      await verifyChecksums(entry.parentPath).catch((error: Error) => void found.push(error.message));
  }
  return found;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
