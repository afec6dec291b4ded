import assert from 'node:assert/strict';
import type { Progress } from '../../src/run/progress.ts';
import type { Computer } from './computer.ts';

/** Waits for the end of the run, which has to be a good one, and for that everything was done once to each machine. */
export async function assertRebuiltOnce({ until, lab }: Computer): Promise<Progress> {
  const progress = await until(({ endedAt }) => endedAt !== undefined);
  assert.equal(progress.outcome, 'rebuilt', progress.verdict);
  assert.equal(progress.failover?.proven, true);
  for (const { name } of lab.machines) {
    assert.equal(lab.journal.effects(name, 'wiped').length, 1, `${name} is wiped once`);
    assert.equal(lab.journal.effects(name, 'applied').length, 1, `${name} gets one configuration`);
  }
  assert.equal(lab.journal.effects(undefined, 'bootstrapped').length, 1);
  assert.equal(new Set(lab.journal.requests(undefined, 'Bootstrap').map(({ machine }) => machine)).size, 1);
  assert.equal(lab.journal.requests(undefined, 'Reboot').length, 1, 'the holder is rebooted once');
  return progress;
}
