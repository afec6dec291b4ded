import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from '../../src/activities/run-program.ts';
import type { ProgramFailure } from '../../src/activities/run-program.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const longEnoughMs = 50_000;

/** In the background, something that lasts longer than the test and holds the output open. Its process id is in a file. */
const goesOn = 'sleep 300 & echo $! > started';

interface Ran {
  readonly failure: ProgramFailure | undefined;
  /** Whether what it started in the background is there. */
  readonly goesOn: () => boolean;
}

async function shell(t: TestContext, script: string, timeoutMs: number, signal?: AbortSignal): Promise<Ran> {
  const cwd = await temporaryFolder(t);
  const failure = await runProgram(['sh', '-c', script], {
    cwd,
    env: { GREETING: 'hi' },
    timeoutMs,
    signal: signal ?? new AbortController().signal,
  });
  const started = Number(await readFile(path.join(cwd, 'started'), 'utf8'));
  assert.ok(started > 1);
  t.after(() => isThere(started) && process.kill(started, 'SIGKILL'));
  return { failure, goesOn: () => isThere(started) };
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function isGone({ goesOn: goesOnNow }: Ran): Promise<void> {
  while (goesOnNow()) await sleep(20);
}

describe('a program that a person named', { timeout: 60_000 }, () => {
  test('is not waited for because of what it leaves running', async (t) => {
    const ran = await shell(t, goesOn, longEnoughMs);
    assert.equal(ran.failure, undefined);
    assert.ok(ran.goesOn());
  });

  test('has failed with what it said, though something goes on', async (t) => {
    const ran = await shell(t, `${goesOn}; echo $GREETING; echo no >&2; exit 3`, longEnoughMs);
    assert.deepEqual(ran.failure, { why: 'ended with exit code 3', wasStarted: true, output: 'hi\nno' });
    assert.ok(ran.goesOn());
  });

  test('ends with all that it started when its time is over', async (t) => {
    const ran = await shell(t, `${goesOn}; echo $GREETING; sleep 300`, 1000);
    assert.deepEqual(ran.failure, { why: 'did not end within 1.0 s, and was ended', wasStarted: true, output: 'hi' });
    await isGone(ran);
  });

  test('ends even if it does not heed it', async (t) => {
    const ran = await shell(t, `trap '' TERM; ${goesOn}; while :; do sleep 300; done`, 1000);
    assert.match(ran.failure?.why ?? '', /was ended$/);
    await isGone(ran);
  });

  test('ends with its step', async (t) => {
    const step = new AbortController();
    setTimeout(() => step.abort(), 1000);
    await isGone(await shell(t, `${goesOn}; sleep 300`, longEnoughMs, step.signal));
  });
});
