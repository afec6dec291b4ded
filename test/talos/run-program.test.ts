import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from '../../src/talos/run-program.ts';
import type { ProgramEnd } from '../../src/talos/run-program.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const longEnoughMs = 50_000;

/**
 * In the background, something that lasts longer than the test and holds the output open. Its process id is in a file.
 */
const goesOn = 'sleep 300 & echo $! > started';

interface Ran {
  readonly ended: ProgramEnd;
  /** Whether what it started in the background is there. */
  readonly goesOn: () => boolean;
}

/** Runs a script; `stop` is aborted as soon as what goes on in the background has started. */
async function shell(t: TestContext, script: string, timeoutMs: number, stop?: AbortController): Promise<Ran> {
  const cwd = await temporaryFolder(t);
  const running = runProgram('sh', ['-c', script], {
    cwd,
    env: { GREETING: 'hi' },
    extendEnv: true,
    timeoutMs,
    signal: stop?.signal,
  });
  const written = (): Promise<string> => readFile(path.join(cwd, 'started'), 'utf8').catch(() => '');
  if (stop) while ((await written()) === '') await sleep(20);
  stop?.abort();
  const ended = await running;
  const started = Number(await written());
  assert.ok(started > 1);
  t.after(() => isThere(started) && process.kill(started, 'SIGKILL'));
  return { ended, goesOn: () => isThere(started) };
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

describe('a program', { timeout: 60_000 }, () => {
  test('is not waited for because of what it leaves running', async (t) => {
    const ran = await shell(t, goesOn, longEnoughMs);
    assert.deepEqual(ran.ended.end, { kind: 'success' });
    assert.ok(ran.goesOn());
  });

  test('has failed with what it said, though something goes on', async (t) => {
    const ran = await shell(t, `${goesOn}; echo $GREETING; echo no >&2; exit 3`, longEnoughMs);
    const end = { kind: 'failure', exitCode: 3 };
    assert.deepEqual(ran.ended, { end, stdout: 'hi\n', stderr: 'no\n', all: 'hi\nno\n' });
    assert.ok(ran.goesOn());
  });

  test('ends with all that it started when its time is over', async (t) => {
    const ran = await shell(t, `${goesOn}; echo $GREETING; sleep 300`, 1000);
    assert.deepEqual(ran.ended, { end: { kind: 'late' }, stdout: 'hi\n', stderr: '', all: 'hi\n' });
    await isGone(ran);
  });

  test('ends even if it does not heed it', async (t) => {
    const ran = await shell(t, `trap '' TERM; ${goesOn}; while :; do sleep 300; done`, 1000);
    assert.deepEqual(ran.ended.end, { kind: 'late' });
    await isGone(ran);
  });

  test('ends when it is not wanted any more', async (t) => {
    const ran = await shell(t, `${goesOn}; sleep 300`, longEnoughMs, new AbortController());
    assert.deepEqual(ran.ended.end, { kind: 'killed', by: 'SIGTERM' });
    await isGone(ran);
  });

  test('is read to its end, however much it writes at last', async (t) => {
    const ran = await shell(t, `${goesOn}; seq 2000000`, longEnoughMs);
    assert.ok(ran.ended.stdout.endsWith('\n2000000\n'));
    assert.ok(ran.goesOn());
  });

  test('that is not there cannot be started', async () => {
    const nowhere = { env: {}, extendEnv: false, timeoutMs: longEnoughMs };
    const { end } = await runProgram('/no/such/program', [], nowhere);
    assert.deepEqual(end, { kind: 'not started', code: 'ENOENT' });
  });
});
