import { readFileSync, readdirSync } from 'node:fs';
import { chmod, cp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Compiles the program into `bin/` of a folder, with everything that it needs but Temporal's SDK, which finds its
 * native parts by where it lies, and the workflows, for which it looks beside `bin/`. All code is in one folder,
 * because it finds that, package.json and Go's modules from where it is itself. What a command loads only when it is
 * used stays a file of its own.
 */
export async function bundleProgram(folder: string): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      client: 'src/client.ts',
      worker: 'src/worker.ts',
      'workflow-bundle': 'src/temporal/workflow-bundle.ts',
    },
    outdir: join(folder, 'bin'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['@temporalio/*'],
    // Packages of CommonJS ask for Node's own modules with it.
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    metafile: true,
    logLevel: 'warning',
  });
  await chmod(join(folder, 'bin', 'client.js'), 0o755);
  // What Go builds from, where no release can be had.
  await cp(join(root, 'src', 'tools', 'modules'), join(folder, 'bin', 'modules'), { recursive: true });
  await writeFile(join(folder, 'LICENSES.txt'), licencesOf(Object.keys(metafile.inputs)));
}

/** The licences of the packages that these files are from, whole: they ask for that where their code is handed on. */
function licencesOf(files: readonly string[]): string {
  const folders = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  const packages = [...new Set(folders.filter((folder) => folder !== undefined))].toSorted();
  return packages
    .map((folder) => {
      const at = join(root, folder);
      const { name, version, license } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as {
        readonly [key: string]: string;
      };
      const file = readdirSync(at).find((one) => /^licen[cs]e/i.test(one));
      const text = file === undefined ? '' : readFileSync(join(at, file), 'utf8').trim();
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
