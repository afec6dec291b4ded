import { readFile } from 'node:fs/promises';
import { clusterFileSchema } from './schema.ts';
import { readYaml } from './yaml-documents.ts';

/**
 * The cluster's name in a cluster file, also where there are mistakes elsewhere in it;
 * undefined where it cannot be read.
 */
export async function readClusterName(file: string): Promise<string | undefined> {
  const [document] = readYaml(await readFile(file, 'utf8')).documents;
  const { success, data } = clusterFileSchema.pick({ name: true }).strip().safeParse(document?.value);
  return success ? data.name : undefined;
}
