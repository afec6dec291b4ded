// What `npm test` runs: the programs that the tests need first, then every test file, by name. The runner's summary is the last thing printed.
//   npm test                         everything
//   npm test -- test/tools FILE …    only these files, or those in these folders
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTalosctl } from '../src/tools/talosctl.ts';
import { findTemporal } from '../src/tools/temporal.ts';
import type { Tool } from '../src/tools/tool.ts';
import { ToolMissing } from '../src/tools/tool.ts';
import { filesBehind } from './imports.ts';
import { findKubectl } from './kubectl.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const fileTimeoutMs = 20 * 60_000;

const looking = { install: true, report: (line: string) => void process.stderr.write(`${line}\n`) };

/** The programs that tests start, each by the module through which they come to it: what no test in question imports is not looked for, or built. */
const programs = [
  { name: 'talosctl', variable: 'TALOS_REBUILD_TALOSCTL', find: () => findTalosctl({ minor: '1.13', ...looking }) },
  { name: 'temporal', variable: 'TALOS_REBUILD_TEMPORAL', find: () => findTemporal(looking) },
  { name: 'kubectl', variable: 'TALOS_REBUILD_TEST_KUBECTL', find: () => findKubectl(looking) },
];

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const files: string[] = [];
  for (const path of args.length > 0 ? args : ['test', 'simulator/test']) {
    const found = await testFiles(resolve(root, path));
    if (found.length === 0)
      return fail(`no test file found at ${path}; test files are named test/<folder>/<name>.test.ts`);
    files.push(...found);
  }
  try {
    return await runTests([...new Set(files)], await programsFor(files));
  } catch (error) {
    if (error instanceof ToolMissing) return fail(error.message);
    throw error;
  }
}

/** Finds, and makes where there is none, what these tests start; the environment that names it. */
async function programsFor(files: readonly string[]): Promise<Record<string, string>> {
  const behind = await filesBehind(files.map((file) => join(root, file)));
  const env: Record<string, string> = {};
  for (const { name, variable, find } of programs) {
    if (!behind.has(join(root, 'test', 'programs', `${name}.ts`))) continue;
    const { path, version }: Tool = await find();
    looking.report(`${name} ${version} (${path})`);
    env[variable] = path;
  }
  return env;
}

/** The file itself, or all test files below a folder, in a stable order: the quick checks of the whole first. */
async function testFiles(path: string): Promise<string[]> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile()) return [relative(root, path)];
  if (stat === undefined) return [];
  const names = await readdir(path, { recursive: true });
  const files = names.filter((name) => name.endsWith('.test.ts')).map((name) => relative(root, join(path, name)));
  return files.toSorted((a, b) => depth(a) - depth(b) || a.localeCompare(b));
}

function depth(path: string): number {
  return path.split('/').length;
}

/** Runs Node's test runner on these files and gives its exit code. */
async function runTests(files: readonly string[], tools: Record<string, string>): Promise<number> {
  const { NODE_TEST_CONTEXT: _insideAnotherRunner, ...env } = process.env;
  const runner = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--test',
      '--test-concurrency=2',
      `--test-timeout=${fileTimeoutMs}`,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      ...files,
    ],
    { cwd: root, stdio: 'inherit', env: { ...env, ...tools } },
  );
  // Ctrl-C reaches the runner by itself; a signal sent to this process alone has to be handed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => runner.kill(signal));
  return new Promise((done, reject) => {
    runner.once('error', reject);
    runner.once('exit', (code) => done(code ?? 1));
  });
}

function fail(message: string): number {
  process.stderr.write(`npm test: ${message}\n`);
  return 1;
}
