import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startComputer } from './computer.ts';
import { assertRebuiltOnce } from './once.ts';

/** Seconds on our clock, in which a command has been sent and not been answered. */
const late = { phase: 'after', action: { delayMs: 180_000 } } as const;

describe('a `dev` that is stopped while it has a command in hand', { timeout: 300_000 }, () => {
  test('finishes it or leaves its outcome to be seen, and the next one sends nothing twice', async (t) => {
    const computer = await startComputer(t);
    const { lab } = computer;
    let dev = await computer.startDev();
    const stop = async (how: 'Ctrl-C' | 'SIGTERM'): Promise<void> => {
      const { code, stderr } = await dev.stop(how);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /Stopped\. Runs are kept/);
      dev = await computer.startDev();
    };
    const starting = computer.begin('start');
    await starting.hasSaid(/Generate: draw/);
    await stop('Ctrl-C');
    const started = await starting.ended;
    assert.equal(started.code, 2, started.stderr);

    const stops = [
      ['EtcdSnapshot', undefined, 'Ctrl-C'],
      ['Reset', 'w-1', 'SIGTERM'],
      ['Reset', 'cp-2', 'Ctrl-C'],
      ['ApplyConfiguration', 'cp-1', 'SIGTERM'],
      ['ApplyConfiguration', 'cp-3', 'Ctrl-C'],
      ['Bootstrap', undefined, 'Ctrl-C'],
      ['Reboot', undefined, 'SIGTERM'],
    ] as const;
    const answers = stops.map(([method, machine]) =>
      lab.faults.inject({ method, times: 1, ...late, ...(machine && { machine }) }),
    );
    await computer.approve();
    for (const [index, [method, machine, how]] of stops.entries()) {
      t.diagnostic(`${how} while the answer to ${method} of ${machine ?? 'a machine'} is awaited`);
      await lab.until(() => (answers[index]?.hits ?? 0) > 0);
      await stop(how);
    }

    await assertRebuiltOnce(computer);
    for (const [method, machine] of stops)
      assert.equal(lab.journal.requests(machine, method).length, 1, `${method} of ${machine ?? 'any machine'}`);
    await dev.stop();
  });
});
