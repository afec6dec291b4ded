import type { Access, CallOptions } from './access.ts';
import { textAt } from './config-documents.ts';
import { readResources } from './read-resources.ts';

/** What the machine says that it is doing: `running`, `booting`, `resetting` …, as Talos names it. */
export async function readStage(access: Access, options: CallOptions = {}): Promise<string> {
  const { machinestatus } = await readResources(access, ['machinestatus'], { timeoutMs: 10_000, ...options });
  return textAt(machinestatus[0]?.spec, 'stage') ?? 'unknown';
}
