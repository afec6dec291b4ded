import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../../src/cluster/duration.ts';

test('reads days, hours, minutes and seconds as milliseconds', () => {
  assert.equal(parseDuration('60s'), 60_000);
  assert.equal(parseDuration('1h30m'), 5_400_000);
  assert.equal(parseDuration('24h'), 86_400_000);
  assert.equal(parseDuration('1d2h3m4s'), 93_784_000);
});

test('takes nothing that could be read in two ways', () => {
  for (const text of ['', '60', '5m1h', '1.5h', '-1h', '1 h', '10ms', 'h', '1h1h']) {
    assert.equal(parseDuration(text), undefined, text);
  }
});
