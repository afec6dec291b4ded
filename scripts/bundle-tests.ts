import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * Compiles test files, paths below `root`, with all of the project that they import: a process that loads a hundred files of TypeScript needs three
 * seconds to start, and one of these half a second. Resolves with the folder, which is as `root`, but holds `x.test.js` where that holds `x.test.ts`.
 * To these files they seem to be where their sources are.
 */
export async function bundleTests(root: string, files: readonly string[]): Promise<string> {
  const cache = join(root, 'node_modules', '.cache'); // from where packages are found
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'tests-'));
  await build({
    absWorkingDir: root,
    entryPoints: [...files],
    outdir: folder,
    outbase: root,
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'sources know where they are',
        setup: ({ onLoad }) => {
          onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            const text = await readFile(path, 'utf8');
            return { loader: 'ts', contents: text.replaceAll('import.meta.url', `'${pathToFileURL(path).href}'`) };
          });
        },
      },
    ],
  });
  return folder;
}
