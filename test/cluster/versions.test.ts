import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minorOf } from '../../src/cluster/versions.ts';

test('the minor version is what talosctl and the machines must share', () => {
  assert.equal(minorOf('v1.13.9'), '1.13');
  assert.equal(minorOf('1.36.0'), '1.36');
  assert.equal(minorOf('v1.14.0-beta.1'), '1.14');
});

test('something that is no version has no minor version', () => {
  assert.throws(() => minorOf('latest'), /"latest" is not a version/);
});
