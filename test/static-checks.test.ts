import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

describe('every file of the project', () => {
  // Only files that are new to it are looked at: all of them cost twenty seconds.
  const remembering = ['--cache', '--cache-strategy=content'];
  test('is formatted', () => assertClean('prettier', ['--check', '--log-level=warn', ...remembering, '.']));
  test('passes the linter without a warning', () => assertClean('oxlint', ['--type-aware', '--deny-warnings']));
  test('has types that hold', () => assertClean('tsc', ['--noEmit']));
});

/** Runs one of the checkers that are installed with the project; it has to find nothing. */
function assertClean(program: string, args: readonly string[]): void {
  const result = spawnSync(join(root, 'node_modules', '.bin', program), args, {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (result.status === 0) return;
  const finding = new assert.AssertionError({
    message: `${program} ${args.join(' ')}\n${result.stdout}${result.stderr}`,
  });
  finding.stack = finding.message; // where the checker was called from helps nobody
  throw finding;
}
