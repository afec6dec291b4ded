import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandLine } from '../../../src/run/words/answer-lines.ts';

test('a line to paste names the cluster’s file where the command reads it, though the person named the cluster', () => {
  const byName = { program: 'talos-rebuild', target: '--name home' };
  assert.equal(commandLine(byName, 'watch'), 'talos-rebuild watch --name home');
  assert.equal(commandLine(byName, 'worker'), 'talos-rebuild worker --cluster FILE');
  assert.equal(
    commandLine({ ...byName, file: 'home/cluster.yaml' }, 'start'),
    'talos-rebuild start --cluster home/cluster.yaml',
  );
  assert.equal(commandLine({ program: 'talos-rebuild', target: '' }, 'worker'), 'talos-rebuild worker');
});
