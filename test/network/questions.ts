import assert from 'node:assert/strict';
import type { FailureGate } from '../../src/run/gates.ts';
import type { Progress } from '../../src/run/progress.ts';
import type { InjectedFault, Lab } from '../../simulator/src/lab.ts';
import type { StartedRebuild } from '../rebuild/rehearsal.ts';

/** Answers the question before, if any; waits for this one, which all of the faults must have led to, and ends them. */
export async function questionAbout(
  rebuild: StartedRebuild,
  id: string,
  faults: readonly InjectedFault[],
  before?: string,
  about?: RegExp,
): Promise<FailureGate> {
  if (before !== undefined) await rebuild.answer(before, 'retry');
  const gate = await question(rebuild, id, [], about);
  for (const fault of faults) {
    assert.ok(fault.hits > 0, `${fault.rule.method} was not called`);
    fault();
  }
  return gate;
}

/** Far beyond what any step takes: when a question comes is not what is tested. */
const limitMs = 300_000;

/**
 * The question on a failure, which has to come, and to tell a person what to do. Any other, but those that
 * are expected as well, comes of a slow computer and short times, and is answered; so is one of this name
 * that is `about` something else.
 */
export async function question(
  rebuild: StartedRebuild,
  id: string,
  expected: readonly string[] = [],
  about = /./,
): Promise<FailureGate> {
  const endsAt = Date.now() + limitMs;
  const others: string[] = [];
  for (;;) {
    const gates = await failures(rebuild);
    const gate = gates.find((one) => one.id === id && about.test(one.seen));
    if (gate !== undefined) {
      assert.ok(gate.remedy.length > 0 && gate.choices.includes('retry'), gate.seen);
      return gate;
    }
    for (const other of gates) {
      if (expected.includes(other.id)) continue;
      others.push(other.seen);
      await rebuild.answer(other.id, 'retry');
    }
    if (Date.now() > endsAt)
      throw new Error(`nobody is asked about ${id}; ${await underWay(rebuild)}; asked was: ${others.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What Temporal says of the steps that nobody has ended. */
async function underWay({ handle }: StartedRebuild): Promise<string> {
  const { pendingActivities } = (await handle.describe()).raw;
  const steps = (pendingActivities ?? []).map((one) => `${one.activityType?.name}, attempt ${one.attempt}`);
  return `under way: ${steps.join('; ') || 'nothing'}`;
}

async function failures(rebuild: StartedRebuild): Promise<FailureGate[]> {
  return (await rebuild.progress()).gates.filter((one) => one.kind === 'failure');
}

/** Answers whatever is asked with retry until the run is over. */
export async function toTheEnd(rebuild: StartedRebuild): Promise<Progress> {
  const over = new AbortController();
  const result = rebuild.result().finally(() => over.abort());
  result.catch(() => undefined);
  while (!over.signal.aborted) {
    for (const gate of await failures(rebuild)) await rebuild.answer(gate.id, 'retry');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return result;
}

/**
 * The cluster is built and its failover proven; each machine was wiped once, one was bootstrapped, and no
 * workflow task has failed.
 */
export async function assertDoneOnce(lab: Lab, rebuild: StartedRebuild, progress: Progress): Promise<void> {
  const { events = [] } = await rebuild.handle.fetchHistory();
  assert.ok(
    events?.every(({ workflowTaskFailedEventAttributes: failed }) => !failed),
    'the workflow’s own code failed',
  );
  assert.equal(progress.outcome, 'rebuilt', progress.verdict);
  assert.equal(progress.failover?.proven, true);
  for (const { name } of lab.machines) assert.equal(lab.journal.effects(name, 'wiped').length, 1, name);
  assert.equal(lab.journal.effects(undefined, 'bootstrapped').length, 1);
}
