import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cut, labelled, table, widthOf, wrap } from '../../../src/cli/screen/layout.ts';
import { coloured } from '../../../src/cli/screen/paint.ts';

test('colours take no room on the screen', () => {
  assert.equal(widthOf(coloured.bold(coloured.red('abc'))), 3);
});

test('a line is cut at the width with its colours closed', () => {
  const line = cut(`${coloured.red('abcdef')} ghi`, 4);
  assert.equal(widthOf(line), 4);
  assert.ok(line.includes('abc…'));
  assert.ok(line.endsWith('\u001B[39m'));
  assert.equal(cut('abcd', 4), 'abcd');
});

test('text is broken at spaces, and a long word stays whole', () => {
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrap('/a/very/long/path x', 6), ['/a/very/long/path', 'x']);
});

test('wrapped text is indented under its label', () => {
  assert.deepEqual(labelled('seen  ', 'a machine that hangs for ever', 26), [
    'seen  a machine that hangs',
    '      for ever',
  ]);
});

test('columns line up', () => {
  assert.deepEqual(
    table([
      ['a', 'b', 'c'],
      ['aaa', 'b', ''],
    ]),
    ['a    b  c', 'aaa  b'],
  );
});
