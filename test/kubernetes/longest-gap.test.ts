import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { longestGap, noProbes, withProbe, type ProbeSample } from '../../src/kubernetes/longest-gap.ts';

const ok = (at: number, ms = 10): ProbeSample => ({ at, ms, ok: true });
const failed = (at: number, ms = 10): ProbeSample => ({ at, ms, ok: false, error: 'x' });

describe('longestGap', () => {
  test('there is none where no probe failed, however far apart they are', () => {
    assert.equal(longestGap([]), undefined);
    assert.equal(longestGap([ok(0), ok(60_000)]), undefined);
  });

  test('it reaches from the answer before the failure to the answer after it', () => {
    const samples = [ok(0), ok(250), failed(500), failed(750, 300), ok(1250)];
    assert.deepEqual(longestGap(samples), { startedAt: 260, endedAt: 1260, ms: 1000 });
  });

  test('probes that hung are known to have failed only after the API is back, and count for the time in which they began', () => {
    const samples = [
      ok(0),
      ok(250),
      failed(500, 1000),
      failed(750, 1000),
      failed(1000, 1000),
      ok(1250),
      ok(1500),
      ok(1750),
    ];
    assert.deepEqual(longestGap(samples), { startedAt: 260, endedAt: 1260, ms: 1000 });
    assert.deepEqual(longestGap([failed(0, 1000), ok(250)]), { startedAt: 0, endedAt: 260, ms: 260 });
  });

  test('probes count in the order in which they ended, not in which they were given', () => {
    const samples = [ok(2000), failed(300, 1000), ok(0), ok(250)];
    assert.deepEqual(longestGap(samples), { startedAt: 260, endedAt: 2010, ms: 1750 });
  });

  test('a probe that hung while others were answered makes no long gap', () => {
    const samples = [ok(0), failed(100, 1000), ok(250), ok(500), ok(750), ok(1000), ok(1250)];
    assert.deepEqual(longestGap(samples), { startedAt: 10, endedAt: 260, ms: 250 });
  });

  test('it is the longest of several', () => {
    const samples = [ok(0), failed(100), ok(200), failed(300), ok(900), failed(1000), ok(1100)];
    assert.deepEqual(longestGap(samples), { startedAt: 210, endedAt: 910, ms: 700 });
  });

  test('one that lasts has no end, and one from the beginning starts with the first probe', () => {
    assert.deepEqual(longestGap([ok(0), failed(500, 1000)]), { startedAt: 10, endedAt: undefined, ms: 1490 });
    assert.deepEqual(longestGap([failed(100), ok(400)]), { startedAt: 100, endedAt: 410, ms: 310 });
    const nothing = longestGap([failed(100), failed(900)]);
    assert.deepEqual(nothing, { startedAt: 100, endedAt: undefined, ms: 810 });
  });
});

describe('withProbe', () => {
  test('counts probes, failures and gaps', () => {
    const samples = [ok(0), failed(100), failed(200), ok(300), failed(400), ok(500)];
    const { probes, failures, gaps, open } = samples.reduce(withProbe, noProbes);
    assert.deepEqual({ probes, failures, gaps, open }, { probes: 6, failures: 3, gaps: 2, open: undefined });
  });

  test('an outage in which several probes hung is one gap', () => {
    const hanging = [failed(500, 1000), failed(750, 1000), failed(1000, 1000)];
    const samples = [ok(0), ok(250), ok(1250), ...hanging];
    const { failures, gaps, open } = samples.reduce(withProbe, noProbes);
    assert.deepEqual({ failures, gaps, open }, { failures: 3, gaps: 1, open: undefined });
  });
});
