import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { startActivityLab } from './activity-lab.ts';
import type { ActivityLab, ActivityLabOptions } from './activity-lab.ts';
import { isFailure } from './attempt.ts';

/** A run that was called off after its canary, a control plane, had been backed up and reset. */
async function afterCanary(t: TestContext, options: ActivityLabOptions = {}): Promise<ActivityLab> {
  const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2', 'cp-3'], ...options });
  await lab.carryOut('backUp', lab.whole);
  await lab.carryOut('resetNode', lab.way('cp-3'));
  return lab;
}

describe('giving a control plane its configuration back', () => {
  test('ends when its etcd is a member of the old cluster again, as often as it is asked', async (t) => {
    const lab = await afterCanary(t);
    for (const _twice of [1, 2]) {
      await lab.carryOut('restoreNode', { ...lab.whole, node: 'cp-3' });
      const { etcd, etcdMembers } = lab.machine('cp-3').inspect();
      assert.ok(etcd === 'learner' || etcd === 'voter', etcd);
      assert.deepEqual(etcdMembers.toSorted(), ['cp-1', 'cp-2', 'cp-3']);
    }
  });

  test('says when its etcd does not become a member again', async (t) => {
    const lab = await afterCanary(t, { timeout: '8s' });
    lab.machine('cp-1').powerOff(); // with two of three voters gone, nobody can be taken in
    await assert.rejects(
      lab.carryOut('restoreNode', { ...lab.whole, node: 'cp-3' }),
      isFailure('NotYet', /^cp-3: has its old configuration back, but its etcd is no member .* its service is /),
    );
  });
});
