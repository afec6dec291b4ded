import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Machine, Sighting } from '../../../src/activities/machine/machine.ts';
import { isResetUnderWay } from '../../../src/activities/machine/under-way.ts';
import type { NodeCondition } from '../../../src/run/node-condition.ts';

const running: NodeCondition = { kind: 'running', sets: ['old'] };
const unreachable: NodeCondition = { kind: 'unreachable', reason: 'no answer within 1 s' };

/** What one look after the other shows of a machine, and in the end the last of it; of its stage it tells nothing. */
async function seen(conditions: readonly NodeCondition[]): Promise<boolean> {
  let looks = 0;
  const machine = {
    look: async (): Promise<Sighting> => ({
      condition: conditions[looks++] ?? conditions.at(-1) ?? running,
      address: '127.0.0.1',
    }),
    say: () => undefined,
    credentials: () => ({ talosctl: { binary: '/nowhere' }, address: '127.0.0.1', talosconfig: '/nowhere' }),
  };
  return isResetUnderWay(machine as unknown as Machine, new AbortController().signal);
}

describe('a reset that was sent', { concurrency: true }, () => {
  test('is under way on a machine that has gone', async () => {
    assert.equal(await seen([running, unreachable, unreachable, unreachable]), true);
    assert.equal(await seen([running, { kind: 'maintenance', fingerprint: 'f' }]), true);
  });

  test('has not arrived at one that just runs on, though a handshake is missed now and then', async () => {
    assert.equal(await seen([unreachable, running, unreachable, unreachable, running]), false);
  });
});
