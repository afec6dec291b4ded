import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { installRuntime } from '../../src/temporal/runtime.ts';
import { rehearse } from '../rebuild/rehearsal.ts';
import type { RunningRebuild } from '../rebuild/rehearsal.ts';

const restarts = 20;

describe('a run that waits for approval', { timeout: 180_000 }, () => {
  installRuntime();
  test('grows no history beyond its reminders, however often the worker is stopped and started', async (t) => {
    const rehearsal = await rehearse(t, {
      controlPlanes: 1,
      workers: 0,
      settings: 'approval: { expires: 1h, remindEvery: 2s }\n',
    });
    const rebuild = await rehearsal.start();
    await rebuild.gate('approval');
    const before = await eventsOf(rebuild);

    for (let count = 0; count < restarts; count++) {
      await rehearsal.stopWorker();
      await rehearsal.startWorker();
      await rebuild.progress(); // this worker has the run: it was read from its history
    }

    const after = (await eventsOf(rebuild)).slice(before.length);
    const counted = (type: string): number => after.filter((one) => one === type).length;
    const reminders = counted('timerFired');
    t.diagnostic(`${after.length} events in ${restarts} restarts, for ${reminders} reminders`);
    assert.ok(reminders > 0);
    assert.ok(counted('workflowTaskCompleted') <= reminders);
    // A reminder is a timer, its task, and the next timer; its task is scheduled twice when the worker that
    // it was meant for is gone.
    assert.ok(after.length <= 8 * reminders, `${after.length} events: ${after.join(', ')}`);
    await rebuild.reject();
  });

  test('expires at its deadline though no worker was there to see it', async (t) => {
    const rehearsal = await rehearse(t, {
      controlPlanes: 1,
      workers: 0,
      settings: 'approval: { expires: 3s, remindEvery: 3s }\n',
    });
    const rebuild = await rehearsal.start();
    const gate = await rebuild.gate('approval');
    assert.ok(gate.kind === 'approval');
    await rehearsal.stopWorker();
    await sleep(Date.parse(gate.deadline) - Date.now() + 100);
    await rehearsal.startWorker();

    const { outcome } = await rebuild.result();
    assert.equal(outcome, 'expired');
    assert.deepEqual(rehearsal.lab.journal.effects(), []);
  });
});

/** The types of all events in the run's history, such as `timerFired`. */
async function eventsOf({ handle }: RunningRebuild): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).map(
    (event) =>
      Object.keys(event)
        .find((key) => key.endsWith('EventAttributes'))
        ?.slice(0, -'EventAttributes'.length) ?? '',
  );
}
