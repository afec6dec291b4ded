import { nodeWorkflowIdOf, workflowIdOf } from '../../src/run/request.ts';
import type { Rehearsal } from './rehearsal.ts';

/** All that Temporal keeps of a run and of its machines, as text, by workflow id. */
export async function historyTexts(
  { client, cluster }: Pick<Rehearsal, 'client' | 'cluster'>,
  nodes: readonly string[] = ['cp-1', 'cp-2', 'cp-3', 'w-1'],
): Promise<Record<string, string>> {
  const ids = [workflowIdOf(cluster), ...nodes.map((node) => nodeWorkflowIdOf(cluster, node))];
  const texts = await Promise.all(
    ids.map(async (id) => [id, textOf(await client.workflow.getHandle(id).fetchHistory())] as const),
  );
  return Object.fromEntries(texts);
}

/** Not by way of JSON: a history turns its payloads into base64 there, in which no search finds anything. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, one]) => `${key}: ${textOf(one)}`)
    .join('\n');
}
