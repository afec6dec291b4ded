import { createInterface } from 'node:readline/promises';
import type { Shell } from './shell.ts';

/**
 * Asks a question on stderr and gives the answer without spaces around it; undefined when the
 * input ends or `signal` fires.
 */
export async function ask(shell: Shell, question: string, signal?: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input: shell.stdin, output: shell.stderr });
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  const signals = [ended.signal, ...(signal === undefined ? [] : [signal])];
  try {
    return (await lines.question(question, { signal: AbortSignal.any(signals) })).trim();
  } catch (error) {
    if ((error as Error).name === 'AbortError') return undefined;
    throw error;
  } finally {
    lines.close();
  }
}
