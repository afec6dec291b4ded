import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from '../../src/temporal/workflow-bundle.ts';
import { madeOnce } from '../made-once.ts';

const sources = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));

/** The file with the product's workflows as a worker loads them, bundled once for all tests. */
export async function bundledWorkflows(): Promise<string> {
  const folder = await madeOnce('workflows', async (unfinished) =>
    writeFile(path.join(unfinished, 'workflow-bundle.js'), await bundleWorkflows(sources)),
  );
  return path.join(folder, 'workflow-bundle.js');
}
