import { readFile } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import type { ClusterDefinition } from '../../src/run/cluster-definition.ts';
import type { Progress } from '../../src/run/progress.ts';
import { leaksIn, secretsBelow, textsBelow } from '../activities/leaks.ts';
import { historyTexts } from '../rebuild/history-texts.ts';

const fewestSecrets = 15;

/**
 * Secrets of either cluster that got to where none belongs: histories, database, logs, the run's folder. A line each.
 */
export async function leaksOf(
  client: Client,
  { name, folder, nodes }: ClusterDefinition,
  progress: Progress,
  files: Readonly<Record<string, string>>,
): Promise<string[]> {
  const secrets = await secretsBelow(`${folder}/sets`);
  if (secrets.length < fewestSecrets) return [`only ${secrets.length} secrets were found to look for`];
  const places = new Map<string, string>(
    Object.entries(
      await historyTexts(
        { client, cluster: name },
        nodes.map((node) => node.name),
      ),
    ),
  );
  for (const [what, file] of Object.entries(files)) places.set(what, await readFile(file, 'latin1'));
  for (const { file, text } of await textsBelow(progress.folder ?? '')) places.set(file, text);
  return [...places].flatMap(([place, text]) => leaksIn(text, secrets).map((leak) => `${leak} is in ${place}`));
}
