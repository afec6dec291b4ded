import assert from 'node:assert/strict';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from '../../src/temporal/workflow-bundle.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * A change to the source of one workflow file: what is found in it once, and what stands there
 * instead, as `replace` takes it.
 */
export interface SourceChange {
  readonly file: string;
  readonly from: RegExp;
  readonly to: string;
}

/** Bundles the workflows as they would be after these changes, from a copy in an empty folder. */
export async function bundleVariant(folder: string, changes: readonly SourceChange[]): Promise<string> {
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const name of ['workflows', 'run']) {
    await cp(path.join(root, 'src', name), path.join(folder, 'src', name), { recursive: true });
  }
  for (const { file, from, to } of changes) {
    const source = path.join(folder, 'src', 'workflows', file);
    const text = await readFile(source, 'utf8');
    const times = [...text.matchAll(new RegExp(from, 'g'))].length;
    assert.equal(times, 1, `${from} is found ${times} times in ${file}: adapt the variant in this test to it`);
    await writeFile(source, text.replace(from, to));
  }
  return bundleWorkflows(path.join(folder, 'src', 'workflows', 'index.ts'));
}
