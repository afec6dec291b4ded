import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { changedSettings } from '../../../src/run/plan/changed-settings.ts';
import { clusterOf, nodeDefinition } from '../../talos/real-talosctl.ts';

const before = clusterOf({ nodes: [nodeDefinition('pi-11', 'controlplane', '192.168.1.11')] });
const [node] = before.nodes;
assert.ok(node);

describe('what else an amendment changes', () => {
  test('is said by the keys of cluster.yaml, with what it was and what it will be', () => {
    const after = { ...before, failover: { budgetMs: 90_000 }, bootstrapNode: 'pi-11', dropped: ['machine.sysctls'] };
    assert.deepEqual(changedSettings(before, after), [
      '`dropped` from nothing to machine.sysctls',
      '`failover.budget` from 1 min to 1 min 30 s',
      '`bootstrapNode` from nothing to pi-11',
    ]);
    assert.deepEqual(changedSettings(before, before), []);
  });

  test('is said once where the machines have it from the cluster, and by name where one has its own', () => {
    const slower = { ...before.timeouts, verifyMs: 1_200_000 };
    const inherited = { ...before, timeouts: slower, nodes: [{ ...node, timeouts: slower }] };
    assert.deepEqual(changedSettings(before, inherited).length, 1);
    const own = { ...before, nodes: [{ ...node, timeouts: slower, link: 'enp1s0', patches: ['/p.yaml'] }] };
    assert.match(changedSettings(before, own).join('\n'), /^`nodes: pi-11: timeouts\.verify` from .* to 20 min$/);
  });
});
