import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressLine } from '../../src/tools/go-build.ts';

const estimate = { minutes: 4, modules: 260, packages: 1900 };

test('a build tells modules first, then packages, and never more than it said there would be', () => {
  assert.equal(
    progressLine({ modules: 31, packages: 0, seconds: 10.4 }, estimate),
    '31 of about 260 modules downloaded, 0:10 of about 4:00 minutes',
  );
  assert.equal(
    progressLine({ modules: 260, packages: 950, seconds: 125 }, estimate),
    '950 of about 1900 packages compiled, 2:05 of about 4:00 minutes',
  );
  assert.equal(
    progressLine({ modules: 260, packages: 2000, seconds: 300 }, estimate),
    '2000 of about 2000 packages compiled, 5:00 of about 4:00 minutes',
  );
});
