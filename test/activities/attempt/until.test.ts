import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../../src/activities/attempt/until.ts';

const { signal } = new AbortController();
const late = (): never => {
  throw new Error('late');
};

describe('until', () => {
  test('resolves with the first thing that is seen', async () => {
    const seen = [undefined, undefined, 0, 1];
    assert.equal(await until(signal, async () => seen.shift(), { limitMs: Infinity, everyMs: 1, late }), 0);
    assert.deepEqual(seen, [1]);
  });

  test('looks once even if its time is over, and then says so or goes on otherwise', async () => {
    let looks = 0;
    const look = async (): Promise<string | undefined> => {
      looks += 1;
      return undefined;
    };
    await assert.rejects(until(signal, look, { limitMs: -1, everyMs: 1e6, late }), /^Error: late$/);
    assert.equal(await until(signal, look, { limitMs: -1, everyMs: 1e6, late: () => 'otherwise' }), 'otherwise');
    assert.equal(looks, 2);
  });

  test('lets go of what a look throws', async () => {
    const look = (): Promise<undefined> => Promise.reject(new Error('seen enough'));
    await assert.rejects(until(signal, look, { limitMs: 1e6, everyMs: 1, late }), /seen enough/);
  });

  test('hears an abort while it waits for the next look, and before the first', async () => {
    const reason = new Error('called off');
    const controller = new AbortController();
    const look = async (): Promise<undefined> => void setImmediate(() => controller.abort(reason));
    const waiting = until(controller.signal, look, { limitMs: Infinity, everyMs: 1e6, late });
    await assert.rejects(waiting, reason);
    await assert.rejects(
      until(controller.signal, () => assert.fail('looked'), { limitMs: 1, everyMs: 1, late }),
      reason,
    );
  });
});
