import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * Compiles programs or tests, paths below `root`, with all of the project that they import, into a folder from where
 * packages are found: a process that loads a hundred files of TypeScript needs three seconds to start, and one of
 * these half a second. The folder becomes as `root`, with `x.mjs` where that has `x.ts`. To the code itself it seems
 * to be where its sources are.
 */
export async function compile(root: string, files: readonly string[], folder: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [...files],
    outdir: folder,
    outbase: root,
    bundle: true,
    splitting: true,
    outExtension: { '.js': '.mjs' }, // a folder of packages says nothing of the kind of its files
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    define: { 'import.meta.url': 'sourceUrl' }, // see below
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'sources know where they are',
        setup: (compiling) => {
          compiling.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            const text = await readFile(path, 'utf8');
            return {
              loader: 'ts',
              contents: `const sourceUrl = '${pathToFileURL(path).href}';${text.replace(/^#!.*/, '')}`,
            };
          });
        },
      },
    ],
  });
}
