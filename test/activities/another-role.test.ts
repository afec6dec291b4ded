import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { startActivityLab } from './activity-lab.ts';

describe('a control plane that becomes a worker', () => {
  test('is one of the old cluster until then: its etcd is asked, counted and saved', async (t) => {
    const lab = await startActivityLab(t, {
      nodes: ['w-1', 'cp-1', 'cp-2'],
      controlPlanesToday: ['w-1'],
      isPlanned: false,
    });
    const { run, configurations } = lab;
    const fails = (machine: string, method: string): unknown =>
      lab.lab.faults.inject({
        machine,
        method,
        phase: 'before',
        action: { refuse: { code: 9, message: 'no leader' } },
      });

    // Three voters, of which one is unfit: a check that overlooks it would give away a machine that the quorum needs.
    fails('w-1', 'EtcdStatus');
    const { findings, nodes } = await lab.carryOut('checkPreconditions', { run });
    const seen = findings.map(({ node, seen: what }) => `${node}: ${what}`);
    assert.ok(seen.includes('w-1: is a controlplane now and becomes a worker'), seen.join('\n'));
    assert.ok(!seen.some((line) => /planned are|does not answer/.test(line)), seen.join('\n'));
    const unfit = nodes.filter(({ isUnfitForQuorum }) => isUnfitForQuorum).map(({ name }) => name);
    assert.deepEqual(unfit, ['w-1']);
    const { plan, digest } = await lab.carryOut('makePlan', { run, observed: nodes, configurations });
    assert.deepEqual(plan.order, { canary: 'w-1', workers: [], controlPlanes: ['cp-1', 'cp-2'] });
    await lab.carryOut('confirmApproval', { run, digest, approvedRunId: 'a' }, { workflowRunId: 'a' });

    fails('cp-1', 'EtcdSnapshot');
    fails('cp-2', 'EtcdSnapshot');
    const { backup, missing } = await lab.carryOut('backUp', { run, plan });
    assert.deepEqual(missing, []);
    assert.ok(existsSync(path.join(lab.folder.backups, backup, 'etcd.snapshot')));
  });
});
