import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { nodeWorkflowIdOf } from '../../src/run/request.ts';
import { stepStarted } from '../../src/temporal/dead-worker.ts';
import { type Computer, startComputer } from './computer.ts';
import { assertRebuiltOnce } from './once.ts';

/** Longer than a worker may be silent before its step is given to another attempt. */
const frozenMs = 12_000;

describe('a Temporal server that dies or stands still', { timeout: 300_000 }, () => {
  test('is waited for by worker and `watch`, and the run ends as if nothing had been', async (t) => {
    const computer = await startComputer(t);
    const { lab } = computer;
    const { journal } = lab;
    let dev = await computer.startDev();
    assert.equal((await computer.run('start')).code, 2);
    const watch = computer.begin('watch');
    await watch.hasSaid(/approv/i);

    // Killed while the plan waits.
    process.kill(-(await dev.serverPid()), 'SIGKILL');
    await dev.hasSaid(/the Temporal server ended by itself \(SIGKILL\); starting it again/);
    await dev.hasSaid(/serves again/);
    await computer.approve();

    // Standing still while a machine is reset.
    await lab.until(() => journal.effects('w-1', 'wiped').length > 0);
    lab.machine('w-1').powerOff();
    const server = await dev.serverPid();
    process.kill(-server, 'SIGSTOP');
    const since = Date.now();
    const status = await computer.run('status');
    assert.equal(status.code, 1);
    assert.match(status.stderr, /No Temporal server answers at 127/);
    await watch.hasSaid(/Temporal does not answer; trying again/);
    await sleep(Math.max(0, since + frozenMs - Date.now()));
    process.kill(-server, 'SIGCONT');
    await watch.hasSaid(/Temporal answers again|A worker answers again/);
    // The server may have given the step to a new attempt, which begins a moment later.
    const goesOnAt = Date.now();
    while (!(await isUnderWay(computer, 'w-1', goesOnAt))) await sleep(100);

    // Stopped by Ctrl-C with its worker, which waits for the machine: the wait is left to the next worker.
    await dev.stop();
    assert.match(dev.said(), /Runs are kept and go on with the next `dev`/);
    dev = await computer.startDev();
    const step = await pendingStep(computer, 'w-1');
    assert.match(step.lastFailure?.message ?? '', /^The worker was stopped\. The next one looks at the machine/);
    lab.machine('w-1').powerOn();

    // Killed while it works.
    await lab.until(() => journal.effects('cp-1', 'applied').length > 0);
    process.kill(-(await dev.serverPid()), 'SIGKILL');

    const ended = await watch.ended;
    assert.equal(ended.code, 0, ended.stderr);
    await assertRebuiltOnce(computer);
    await dev.stop();
  });
});

/** Whether an attempt at the machine's step has told the server of itself since then, ms since the epoch. */
async function isUnderWay(computer: Computer, node: string, since: number): Promise<boolean> {
  const { state, lastHeartbeatTime } = await pendingStep(computer, node);
  return Number(state) === stepStarted && Number(lastHeartbeatTime?.seconds ?? 0) * 1000 > since;
}

/** The one step of a machine's workflow that is under way, or waits for its next attempt. */
async function pendingStep({ temporal, definition }: Computer, node: string) {
  const { client } = await temporal();
  const { raw } = await client.workflow.getHandle(nodeWorkflowIdOf(definition.name, node)).describe();
  const [step] = raw.pendingActivities ?? [];
  assert.ok(step);
  return step;
}
