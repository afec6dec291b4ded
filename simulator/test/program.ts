import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { JournalEntry } from '../src/lab.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';

const file = fileURLToPath(new URL('../bin/talos-simulator.mjs', import.meta.url));

/** The program as a person runs it. */
export interface Program {
  /** Of its control server. */
  readonly url: string;
  /** What it has written to stdout until now. */
  readonly journal: readonly JournalEntry[];
  /**
   * Resolves with the first entry for which this holds, be it written already or not. Rejects
   * when the program ends before.
   */
  until(holds: (entry: JournalEntry) => boolean): Promise<JournalEntry>;
  /** Sends a signal and resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Asks the control server. */
  ask(method: string, path: string, body?: unknown): Promise<{ status: number; content: unknown }>;
}

/** Starts the program with a file of this content; resolves when it is ready to be talked to. */
export async function startProgram(t: TestContext, machines: string): Promise<Program> {
  const { child, lines } = await launch(t, machines);
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const journal: JournalEntry[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: lines.stdout }).on('line', (line) => {
    journal.push(JSON.parse(line) as JournalEntry);
    for (const look of waiting) look();
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    lines.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
      if (found !== undefined && text.includes('Ctrl-C')) resolve(found);
    });
    void ended.then(([code]) => reject(new Error(`the program ended with ${code}:\n${text}`)));
  });
  return {
    url,
    journal,
    until: (holds) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const entry = journal.find(holds);
          if (entry === undefined) return;
          waiting.delete(look);
          resolve(entry);
        };
        waiting.add(look);
        void ended.then(() => reject(new Error(`the program ended before it was so: ${String(holds)}`)));
        look();
      }),
    end: async (signal) => {
      child.kill(signal);
      return (await ended)[0];
    },
    ask: async (method, path, body) => {
      const response = await fetch(`${url}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type') === 'application/json' && text !== '';
      return { status: response.status, content: isJson ? JSON.parse(text) : text };
    },
  };
}

/** Runs the program to its end. */
export async function runProgram(
  t: TestContext,
  machines: string,
): Promise<{ code: number | null; stderr: string; file: string }> {
  const { child, lines, path } = await launch(t, machines);
  let stderr = '';
  lines.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr, file: path };
}

async function launch(t: TestContext, machines: string) {
  const path = join(await temporaryFolder(t), 'machines.yaml');
  await writeFile(path, machines);
  const child: ChildProcess = spawn(process.execPath, [file, path, '--control', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the program has no output');
  return { child, lines: { stdout, stderr }, path };
}
