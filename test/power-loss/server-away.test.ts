import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Server, type Socket, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { type Dev, startComputer } from './computer.ts';
import { assertRebuiltOnce } from './once.ts';

/** Longer than the minute for which a worker's request for work stays open. */
const awayMs = 62_000;

describe('a Temporal server that is away for more than a minute', { timeout: 300_000 }, () => {
  test('is waited for by worker, `dev` and `watch`, while a machine is waited for that comes in the meantime', async (t) => {
    const computer = await startComputer(t);
    const { lab, run } = computer;
    const dev = await computer.startDev();
    assert.equal((await run('start')).code, 2);
    const watch = computer.begin('watch');
    await computer.approve();
    await lab.until(() => lab.journal.effects('w-1', 'wiped').length > 0);
    lab.machine('w-1').powerOff();

    const since = Date.now();
    const release = await takeItsPort(dev);
    t.after(release);
    await watch.hasSaid(/Temporal does not answer; trying again/);
    for (const part of [0, 0.5, 0.9]) {
      await sleep(since + part * awayMs - Date.now());
      const { code, stderr } = await run('status');
      assert.equal(code, 1);
      assert.match(stderr, /No Temporal server answers at 127/);
      // Then the worker sees the machine come, and can tell nobody.
      if (part === 0.5) lab.machine('w-1').powerOn();
    }
    await sleep(since + awayMs - Date.now());
    assert.equal(lab.machine('w-1').inspect().api, 'maintenance');
    assert.equal(lab.journal.requests(undefined, 'Reset').length, 1, 'nobody acts meanwhile');
    assert.equal(lab.journal.requests(undefined, 'ApplyConfiguration').length, 0, 'nobody acts meanwhile');
    assert.match(dev.said(), /The Temporal server did not come up at .* address already in use/s);
    assert.doesNotMatch(dev.said(), /serves again/);
    await release();

    await dev.hasSaid(/the Temporal server serves again/);
    await watch.hasSaid(/Temporal answers again|A worker answers again/);
    const ended = await watch.ended;
    assert.equal(ended.code, 0, ended.stderr);
    await assertRebuiltOnce(computer);
    await dev.stop();
  });
});

/**
 * Kills the server and takes its port before it is started again; there, connections are taken
 * and nothing is ever said.
 */
async function takeItsPort(dev: Dev): Promise<() => Promise<void>> {
  const [, port] = /^Temporal 127\.0\.0\.1:(\d+)/m.exec(dev.said()) ?? [];
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  const server = await dev.serverPid();
  assert.ok(server > 1);
  process.kill(-server, 'SIGKILL');
  while (!(await listens(silent, Number(port)))) {
    assert.doesNotMatch(dev.said(), /serves again/, 'it was faster');
    await sleep(5);
  }
  return async () => {
    for (const socket of sockets) socket.destroy();
    if (silent.listening) await new Promise((resolve) => silent.close(resolve));
  };
}

async function listens(server: Server, port: number): Promise<boolean> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  }
}
