import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PassingCall } from '../src/lab.ts';
import { inMaintenance, startFixture } from './fixture.ts';

describe('a watcher', () => {
  test('sees each call before the machine acts and after it acted, and can cut it off there', async (t) => {
    const fixture = await startFixture(t);
    const { lab } = fixture;
    await inMaintenance(fixture);
    const seen: PassingCall[] = [];
    let cut: PassingCall['phase'] | undefined = 'before';
    const stop = lab.faults.watch(async (call) => {
      if (call.method !== 'MachineService/ApplyConfiguration') return 'go on';
      seen.push(call);
      return call.phase === cut ? 'drop' : 'go on';
    });
    const apply = () => fixture.insecure('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'));

    assert.equal((await apply()).code, 1);
    assert.deepEqual(lab.journal.effects('cp1', 'applied'), []);
    cut = 'after';
    assert.equal((await apply()).code, 1);
    assert.equal(lab.journal.effects('cp1', 'applied').length, 1);
    assert.deepEqual(
      seen.map(({ machine, phase }) => `${machine} ${phase}`),
      ['cp1 before', 'cp1 before', 'cp1 after'],
    );
    stop();
  });
});
