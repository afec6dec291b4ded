import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleWorkflows } from '../../src/temporal/workflow-bundle.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Builds the program as it is in the package, into a folder that is there: it starts three seconds sooner than from its sources. */
export async function buildProgram(folder: string): Promise<string> {
  const dist = path.join(folder, 'dist');
  await mkdir(dist);
  const compiler = path.join(root, 'node_modules', '.bin', 'tsc');
  await Promise.all([
    promisify(execFile)(compiler, ['-p', 'tsconfig.build.json', '--outDir', dist], { cwd: root }),
    ...['package.json', 'node_modules'].map((name) => symlink(path.join(root, name), path.join(folder, name))),
    bundleWorkflows(path.join(root, 'src', 'workflows', 'index.ts')).then((code) =>
      writeFile(path.join(dist, 'workflow-bundle.js'), code),
    ),
  ]);
  return path.join(dist, 'client.js');
}
