import { hostname, homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HistoryEvent } from './history-files.ts';

const repository = path.resolve(fileURLToPath(new URL('../../', import.meta.url)));

/**
 * A history without what tells on which machine it was recorded: folders, user, host and process ids. They are in
 * inputs, results, failures and stack traces, none of which replay compares with anything, and each is replaced
 * everywhere by the same word.
 */
export function scrub(events: readonly HistoryEvent[], folder: string): HistoryEvent[] {
  const replaced: readonly (readonly [string, string])[] = [
    [folder, '/recorded'],
    [repository, '/talos-rebuild'],
    [homedir(), '/home/somebody'],
    [hostname(), 'recorder'],
  ];
  const inText = (text: string): string =>
    replaced.reduce((rest, [from, to]) => (from.length > 1 ? rest.replaceAll(from, to) : rest), text);
  return scrubbed(events, inText) as HistoryEvent[];
}

function scrubbed(value: unknown, inText: (text: string) => string): unknown {
  if (typeof value === 'string') return inText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => scrubbed(one, inText));
  const isPayload = 'metadata' in value && 'data' in value && typeof value.data === 'string';
  return Object.fromEntries(
    Object.entries(value).map(([key, one]: [string, unknown]) => {
      if (key === 'identity') return [key, 'recorder'];
      if (isPayload && key === 'data') return [key, inBase64(String(one), inText)];
      return [key, scrubbed(one, inText)];
    }),
  );
}

function inBase64(data: string, inText: (text: string) => string): string {
  return Buffer.from(inText(Buffer.from(data, 'base64').toString())).toString('base64');
}
