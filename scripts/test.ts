// What `npm test` runs: the programs that the tests need first, then every test file, by name. The runner's summary
// is the last thing printed.
//   npm test                         everything
//   npm test -- test/tools FILE …    only these files, or those in these folders
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EmbeddedServer } from '../src/temporal/embedded-server.ts';
import { findTalosctl } from '../src/tools/talosctl.ts';
import { findTemporal } from '../src/tools/temporal.ts';
import type { Tool } from '../src/tools/tool.ts';
import { ToolMissing } from '../src/tools/tool.ts';
import { compile } from './compile.ts';
import { filesBehind } from './imports.ts';
import { findKubectl } from './kubectl.ts';
import { endLeftBehind } from './left-behind.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What takes longest begins first, so that no core waits for it alone in the end. */
const heavy = [
  'test/static-checks',
  'test/crash/',
  'test/power-loss/',
  'test/package',
  'test/demo/',
  'test/network/',
  'test/rebuild/',
  'test/attacks/',
  'test/activities/drill/',
  'test/activities/cluster/verify',
  'test/activities/',
  'test/cli/commands',
  'test/cli/approval',
  'test/replay/',
];

/** How long the tests may take to end after a signal, each with what it started. */
const endWithinMs = 30_000;

const looking = { install: true, report: (line: string) => void process.stderr.write(`${line}\n`) };

/**
 * The programs that tests start, each by the module through which they come to it: what no test in question imports is
 * not looked for, or built.
 */
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
    const behind = await filesBehind(files.map((file) => join(root, file)));
    return await runTests([...new Set(files)].toSorted(heavyFirst), behind, await programsFor(behind));
  } catch (error) {
    if (error instanceof ToolMissing) return fail(error.message);
    throw error;
  }
}

/** Finds, and makes where there is none, what these tests start; the environment that names it. */
async function programsFor(behind: ReadonlySet<string>): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const { name, variable, find } of programs) {
    if (!behind.has(join(root, 'test', 'programs', `${name}.ts`))) continue;
    const { path, version }: Tool = await find();
    looking.report(`${name} ${version} (${path})`);
    env[variable] = path;
  }
  return env;
}

/** The file itself, or all test files below a folder. */
async function testFiles(path: string): Promise<string[]> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile()) return [relative(root, path)];
  if (stat === undefined) return [];
  const names = await readdir(path, { recursive: true });
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => relative(root, join(path, name)));
}

function heavyFirst(one: string, other: string): number {
  return rank(one) - rank(other) || one.localeCompare(other);
}

/** Where in `heavy` a file is found; behind them all when it is not. */
function rank(file: string): number {
  const index = heavy.findIndex((path) => file.startsWith(path));
  return index === -1 ? heavy.length : index;
}

/** Runs the files, compiled, with what they share, and gives the exit code of Node's test runner. */
async function runTests(
  files: readonly string[],
  behind: ReadonlySet<string>,
  programs: Record<string, string>,
): Promise<number> {
  const { NODE_TEST_CONTEXT: _insideAnotherRunner, ...env } = process.env;
  const undo: (() => Promise<void>)[] = [];
  try {
    const shared = await mkdtemp(join(await realpath(tmpdir()), 'talos-rebuild-tests-'));
    undo.push(() => removeFolder(shared));
    const own: Record<string, string> = { ...programs, TALOS_REBUILD_TEST_SHARED: shared };
    undo.push(async () => {
      const ended = await endLeftBehind(`TALOS_REBUILD_TEST_SHARED=${shared}`);
      if (ended > 0) process.stderr.write(`npm test: ended ${ended} processes that tests had left behind\n`);
    });
    const cache = join(root, 'node_modules', '.cache');
    await mkdir(cache, { recursive: true });
    const compiled = await mkdtemp(join(cache, 'tests-'));
    undo.push(() => removeFolder(compiled));
    await compile(root, files, compiled);
    if (behind.has(join(root, 'test', 'temporal', 'shared-server.ts'))) {
      const server = await startServer(programs['TALOS_REBUILD_TEMPORAL'] ?? '', shared);
      undo.push(() => server.stop());
      own['TALOS_REBUILD_TEST_SERVER'] = JSON.stringify(server);
    }
    const tests = files.map((file) => join(compiled, file.replace(/\.ts$/, '.mjs')));
    const runner = spawn(process.execPath, ['--enable-source-maps', 'scripts/run-files.mjs', ...tests], {
      cwd: root,
      stdio: 'inherit',
      env: { ...env, ...own },
    });
    return await exitOf(runner);
  } finally {
    for (const step of undo.toReversed()) await step();
  }
}

/** With patience: a program that a test has left behind may still write there. What stays is no failure of the tests. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }).catch(() => undefined);
}

/** Of Temporal; loaded only where it is needed, as it takes a second. */
async function startServer(executable: string, folder: string): Promise<EmbeddedServer> {
  const { startEmbeddedServer } = await import('../src/temporal/embedded-server.ts');
  return startEmbeddedServer({ executable, port: 0, logFile: join(folder, 'server.log') });
}

/**
 * Ctrl-C reaches the runner by itself; a signal sent to this process alone is handed on. Who
 * does not end then is killed.
 */
async function exitOf(runner: ChildProcess): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      runner.kill(signal);
      setTimeout(() => runner.kill('SIGKILL'), endWithinMs).unref();
    });
  }
  return new Promise((done, reject) => {
    runner.once('error', reject);
    runner.once('exit', (code) => done(code ?? 1));
  });
}

function fail(message: string): number {
  process.stderr.write(`npm test: ${message}\n`);
  return 1;
}
