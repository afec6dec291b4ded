// What `npm run test:nodes` runs: the tests that see most of a difference between versions of Node, on each
// that is supported. On Linux.
//   npm run test:nodes                the pure level, the programs and connections, the worker and the replay of recorded runs
//   npm run test:nodes -- test/cli    only these
import { execFile, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../src/tools/cache-folder.ts';
import { isProgram } from '../src/tools/path-search.ts';

/** The oldest that `engines` allows, and the newest of each line that was alive in November 2026. */
const versions = ['20.19.0', '22.23.3', '24.21.0'];

const suite = [
  'run',
  'cluster',
  'talos',
  'kubernetes',
  'replay',
  'temporal/connection.test.ts',
  'temporal/worker.test.ts',
];
const root = dirname(dirname(fileURLToPath(import.meta.url)));

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const paths = args.length > 0 ? args : suite.map((path) => join('test', path));
  const failed: string[] = [];
  for (const version of versions) {
    const node = await nodeOf(version);
    process.stdout.write(`\nNode ${version}\n`);
    if (!(await passesOn(node, paths))) failed.push(version);
  }
  process.stdout.write(failed.length > 0 ? `\nFailed on Node ${failed.join(', ')}.\n` : '\nPassed on every Node.\n');
  return failed.length > 0 ? 1 : 0;
}

/** Node of this version, which npm puts into a folder of the tests' own within the cache. */
async function nodeOf(version: string): Promise<string> {
  const folder = join(dirname(cacheFolder()), 'test', `node-${version}`);
  const name = `node-linux-${process.arch}`;
  const path = join(folder, 'node_modules', name, 'bin', 'node');
  if (await isProgram(path)) return path;
  await mkdir(folder, { recursive: true });
  const how = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--no-package-lock'];
  await promisify(execFile)('npm', ['install', ...how, '--prefix', folder, `${name}@${version}`], { cwd: folder });
  return path;
}

async function passesOn(node: string, paths: readonly string[]): Promise<boolean> {
  const tests = spawn(node, ['scripts/start.mjs', 'scripts/test.ts', ...paths], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  return new Promise((resolve, reject) => {
    tests.once('error', reject);
    tests.once('exit', (code) => resolve(code === 0));
  });
}
