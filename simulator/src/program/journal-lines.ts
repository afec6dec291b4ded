import { closeSync, openSync, writeSync } from 'node:fs';
import type { Journal } from '../lab.ts';
import { Mistake } from './problems.ts';

/**
 * Writes every entry of the journal as a line of JSON as it comes, a request once more when it is answered: into a
 * file, or to stdout where none is named. What was recorded before is written first. Returns how to end that.
 */
export function writeJournal(journal: Journal, file: string | undefined): () => void {
  const output = file === undefined ? undefined : openNew(file);
  const write = (entry: object) => {
    const line = `${JSON.stringify(entry)}\n`;
    if (output === undefined) process.stdout.write(line);
    else writeSync(output, line);
  };
  for (const entry of journal.entries) write(entry);
  const end = journal.subscribe(write);
  return () => {
    end();
    if (output !== undefined) closeSync(output);
  };
}

function openNew(file: string): number {
  try {
    return openSync(file, 'w');
  } catch (error) {
    throw new Mistake(`the journal cannot be written: ${(error as Error).message}`);
  }
}
