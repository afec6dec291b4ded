import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchDigest } from '../../../src/cli/screen/digest.ts';
import { digest } from '../sample-run.ts';

test('a digest is named by all of it or by a beginning of eight hex digits or more', () => {
  assert.equal(matchDigest(digest, digest), 'same');
  assert.equal(matchDigest('01234567', digest), 'same');
  assert.equal(matchDigest('SHA256:0123456789AB', digest), 'same');
});

test('another digest, a short beginning and something that is no digest do not name it', () => {
  assert.equal(matchDigest('01234568', digest), 'other');
  assert.equal(matchDigest('0123456', digest), 'too short');
  assert.equal(matchDigest('yes please', digest), 'not hexadecimal');
  assert.equal(matchDigest('', digest), 'too short');
});
