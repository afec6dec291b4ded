import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { joinHistories } from '../../../src/activities/drill/probe-log.ts';
import type { ProbeHistory } from '../../../src/activities/drill/probe-log.ts';
import type { ProbeRun } from '../../../src/kubernetes/probe-runs.ts';

describe('two histories of one drill', () => {
  test('are the second where there was none before', () => {
    const after = history([answers(0, 1000)]);
    assert.equal(joinHistories(undefined, after), after);
  });

  test('have the time in between as a gap, since nobody looked', () => {
    const { longest } = joinHistories(history([answers(0, 1000)]), history([answers(5000, 9000)]));
    // The first answer came at the latest when the slowest of its run took.
    assert.deepEqual(longest, { startedAt: 1000, endedAt: 5020, ms: 4020 });
  });

  test('have a gap that began before the interruption up to the first answer after it', () => {
    const before = history([answers(0, 1000), failures(1250, 2000)], 1000);
    const after = history([failures(5000, 6000), answers(6250, 9000)], 1270);
    assert.deepEqual(joinHistories(before, after).longest, { startedAt: 1000, endedAt: 6270, ms: 5270 });
  });

  test('have the longest gap of each of them, if that is longer', () => {
    const short = history([answers(0, 1000)]);
    const long = { startedAt: 2000, endedAt: 9999, ms: 7999 };
    const after: ProbeHistory = { ...history([answers(1200, 20_000)]), longest: long };
    assert.deepEqual(joinHistories(short, after).longest, long);
    const before: ProbeHistory = { ...history([answers(0, 20_000)]), longest: long };
    assert.deepEqual(joinHistories(before, history([answers(20_500, 30_000)])).longest, long);
  });

  test('count the probes of both, and can be joined again', () => {
    const first = joinHistories(history([answers(0, 1000)]), history([failures(3000, 4000)]));
    const all = joinHistories(first, history([answers(9000, 10_000)]));
    assert.equal(all.probes, 6);
    assert.equal(all.runs.length, 3);
    assert.deepEqual(all.longest, { startedAt: 1000, endedAt: 9020, ms: 8020 });
  });
});

function history(runs: ProbeRun[], openForMs?: number): ProbeHistory {
  const [first] = runs;
  const open = { startedAt: first?.until ?? 0, endedAt: undefined, ms: openForMs ?? 0 };
  return { probes: runs.length * 2, runs, ...(openForMs === undefined ? {} : { longest: open }) };
}

function answers(from: number, until: number): ProbeRun {
  return { ok: true, from, until, count: 2, slowestMs: 20 };
}

function failures(from: number, until: number): ProbeRun {
  return { ok: false, error: 'connection refused', from, until, count: 2, slowestMs: 20 };
}
