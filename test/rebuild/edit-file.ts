import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';

/** Changes a file as a person would, in an editor. */
export async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const changed = text.replaceAll(from, to);
  assert.notEqual(changed, text, 'the edit changes nothing');
  await writeFile(file, changed);
}
