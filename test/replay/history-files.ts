import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../histories/', import.meta.url));

/** An event as the SDK writes it in JSON: its attributes stand under a name that ends with `EventAttributes`. */
export interface HistoryEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly [attributes: string]: unknown;
}

/** What Temporal kept of one run of one workflow. */
export interface RecordedHistory {
  /** Folder and file below `test/histories/`, without `.json`: `rebuilt/w-1`. */
  readonly name: string;
  readonly events: readonly HistoryEvent[];
}

/** The names of the paths that are recorded: a folder each. */
export async function recordedPaths(): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** The histories of one path: the cluster's first, then its machines', by name. */
export async function readHistories(recorded: string): Promise<RecordedHistory[]> {
  const files = (await readdir(path.join(root, recorded))).filter((file) => file.endsWith('.json')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const { events } = JSON.parse(await readFile(path.join(root, recorded, file), 'utf8')) as RecordedHistory;
      return { name: `${recorded}/${path.basename(file, '.json')}`, events };
    }),
  );
}

/** Writes all histories of a path, in the place of those that there are. One event a line: event 17 is on line 18. */
export async function writeHistories(recorded: string, histories: readonly RecordedHistory[]): Promise<void> {
  await rm(path.join(root, recorded), { recursive: true, force: true });
  await mkdir(path.join(root, recorded), { recursive: true });
  for (const { name, events } of histories) {
    const lines = events.map((event) => JSON.stringify(event)).join(',\n');
    await writeFile(path.join(root, `${name}.json`), `{"events":[\n${lines}\n]}\n`);
  }
}

/** The attributes of an event of this type, or nothing for another one: `attributesOf(event, 'timerStarted')`. */
export function attributesOf(event: HistoryEvent, type: string): Record<string, unknown> | undefined {
  return event[`${type}EventAttributes`] as Record<string, unknown> | undefined;
}

/** All text in a history, what is encoded in its payloads as well as what stands there plainly. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  const payload = 'metadata' in value && 'data' in value ? Buffer.from(String(value.data), 'base64').toString() : '';
  return [payload, ...Object.values(value).map((one) => textOf(one))].join('\n');
}
