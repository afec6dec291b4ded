import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('a reader that goes away, as after `| head -1`', () => {
  test('of the result: the command ends as it would have, without a word', async () => {
    for (const args of [['--help'], ['start', '--help'], ['validate', 'examples/raspberry-pi/cluster.yaml']]) {
      const child = start(args);
      child.stdout.destroy(); // long before it writes
      const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      assert.equal(stderr, '');
      assert.equal(code, 0);
    }
  });

  test('of the messages: the command ends as it would have', async () => {
    const child = start(['status', '--fast']);
    child.stderr.destroy();
    const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    assert.equal(stdout, '');
    assert.equal(code, 64);
  });
});

function start(args: readonly string[]) {
  return spawn(process.execPath, ['--import', 'tsx', 'src/client.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
}
