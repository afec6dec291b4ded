import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration } from '../../src/run/duration.ts';

test('durations read as people say them', () => {
  assert.deepEqual(
    [0, 430, 9_940, 9_960, 59_600, 185_000, 3_600_000, 4_260_000].map((ms) => duration(ms)),
    ['0.0 s', '0.4 s', '9.9 s', '10 s', '1 min', '3 min 5 s', '1 h', '1 h 11 min'],
  );
});
