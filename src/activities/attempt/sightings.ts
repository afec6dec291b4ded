import { appendFile, mkdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * What was seen of each machine of a run, one line for each change of its condition with its instant:
 * `sightings/<node>.txt` in the run's folder. It is there for people only, so a line that cannot be written is
 * left out and nothing fails.
 */
export class Sightings {
  readonly #last = new Map<string, string>();
  #writing: Promise<void> = Promise.resolve();

  note(runPath: string, node: string, seen: string): void {
    const file = fileOf(runPath, node);
    if (this.#last.get(file) === seen) return;
    this.#last.set(file, seen);
    const line = `${new Date().toISOString()} ${seen}\n`;
    this.#writing = this.#writing.then(() => append(file, line)).catch(() => undefined);
  }

  /** The file of a machine, with all that was seen so far in it. */
  async written(runPath: string, node: string): Promise<string> {
    await this.#writing;
    return fileOf(runPath, node);
  }
}

function fileOf(runPath: string, node: string): string {
  return path.join(runPath, 'sightings', `${node}.txt`);
}

async function append(file: string, line: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await appendFile(file, line, { mode: 0o600 });
}
