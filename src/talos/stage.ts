import type { Access, CallOptions } from './access.ts';
import { textAt } from './config-documents.ts';
import { getResources } from './resources.ts';

/** What the machine says that it is doing: `running`, `booting`, `resetting` …, as Talos names it. */
export async function readStage(access: Access, options: CallOptions = {}): Promise<string> {
  const [status] = await getResources(access, 'machinestatus', undefined, { timeoutMs: 10_000, ...options });
  return textAt(status?.spec, 'stage') ?? 'unknown';
}
