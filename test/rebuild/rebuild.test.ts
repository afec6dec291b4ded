import assert from 'node:assert/strict';
import { readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { nodeWorkflowIdOf, workflowIdOf } from '../../src/run/request.ts';
import { ownPodNetwork } from './own-pod-network.ts';
import { rehearse } from './rehearsal.ts';
import { asRebuildPlan } from '../../src/run/plan/approvable-plan.ts';

describe('a rebuild', () => {
  test('tears three control planes and a worker down and builds them again with a VIP that fails over', async (t) => {
    const { lab, folder, start, client, cluster } = await rehearse(t);
    const rebuild = await start();
    const gate = await rebuild.gate('approval');
    assert.deepEqual(lab.journal.effects(undefined, 'wiped'), [], 'nothing is wiped before the approval');
    await rebuild.approve();
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.equal(gate.kind === 'approval' && gate.digest, progress.plan?.digest);
    for (const name of ['cp-1', 'cp-2', 'cp-3', 'w-1']) {
      assert.equal(lab.journal.requests(name, 'Reset').length, 1, `${name} is reset once`);
      assert.equal(lab.journal.requests(name, 'ApplyConfiguration').length, 1, `${name} gets one configuration`);
    }
    assert.equal(lab.journal.requests(undefined, 'Bootstrap').length, 1);
    assert.equal(lab.journal.requests(undefined, 'Reboot').length, 1);
    assert.equal(progress.failover?.proven, true);

    assert.equal(
      await readlink(path.join(folder.path, 'automation')),
      `sets/${asRebuildPlan(progress.plan)?.plan.set}`,
    );
    assert.equal(await readlink(path.join(folder.path, 'automation-old')), 'sets/2025-01-01');
    assert.match(
      await readFile(path.join(progress.folder ?? '', 'report.md'), 'utf8'),
      /The VIP moved from cp-\d to cp-\d/,
    );

    for (const id of [workflowIdOf(cluster), nodeWorkflowIdOf(cluster, 'cp-1')]) {
      const { raw } = await client.workflow.getHandle(id).describe();
      const seconds = Number(raw.executionConfig?.defaultWorkflowTaskTimeout?.seconds);
      assert.equal(seconds, 5, `a decision of ${id} that was lost with its worker is missed soon`);
    }
  });

  test('resets the canary first, then the workers, and the control planes only when every worker is in maintenance mode', async (t) => {
    const { lab, start } = await rehearse(t, { workers: 3 });
    lab.machine('w-3').setTimings({ boot: 120_000 });
    const rebuild = await start();
    await rebuild.approve();
    assert.equal((await rebuild.result()).outcome, 'rebuilt');

    const resetAt = (name: string): number => lab.journal.requests(name, 'Reset')[0]?.at ?? Number.NaN;
    const maintenanceAt = (name: string): number =>
      lab.journal.states(name).find(({ aspect, value }) => aspect === 'stage' && value === 'maintenance')?.at ??
      Number.NaN;
    for (const worker of ['w-2', 'w-3'])
      assert.ok(maintenanceAt('w-1') < resetAt(worker), `the canary is back before ${worker} goes`);
    for (const controlPlane of ['cp-1', 'cp-2', 'cp-3']) {
      for (const worker of ['w-1', 'w-2', 'w-3'])
        assert.ok(maintenanceAt(worker) < resetAt(controlPlane), `${worker} before ${controlPlane}`);
    }
  });

  test('is a first build where every machine is in maintenance mode: nothing is reset', async (t) => {
    const { lab, start } = await rehearse(t, { oldCluster: false });
    const rebuild = await start();
    await rebuild.approve();
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.deepEqual(lab.journal.requests(undefined, 'Reset'), []);
    assert.equal(lab.journal.requests(undefined, 'Bootstrap').length, 1);
  });

  test('touches nothing when the person rejects it', async (t) => {
    const { lab, folder, start } = await rehearse(t);
    const rebuild = await start();
    await rebuild.reject();
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rejected');
    for (const method of ['Reset', 'ApplyConfiguration', 'Bootstrap', 'Reboot']) {
      assert.deepEqual(lab.journal.requests(undefined, method), [], method);
    }
    assert.equal(await readlink(path.join(folder.path, 'automation')), 'sets/2025-01-01');
  });

  test('rides out a slow machine and a command that fails twice', async (t) => {
    const { lab, start } = await rehearse(t);
    lab.machine('cp-2').setTimings({ boot: 150_000 });
    lab.faults.inject({
      method: 'Bootstrap',
      phase: 'before',
      action: { refuse: { code: 14, message: 'try again' } },
      times: 2,
    });
    const rebuild = await start();
    await rebuild.approve();
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.deepEqual(progress.gates, []);
    assert.equal(lab.journal.effects(undefined, 'bootstrapped').length, 1);
  });

  test('keeps the secrets when asked to, and wipes each machine once all the same', async (t) => {
    const { lab, folder, start } = await rehearse(t, { secrets: 'keep' });
    const rebuild = await start();
    await rebuild.approve();
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.equal(lab.journal.requests(undefined, 'Reset').length, 4);
    const secretsOf = (set: string): Promise<string> => readFile(path.join(folder.sets, set, 'secrets.yaml'), 'utf8');
    assert.equal(await secretsOf(asRebuildPlan(progress.plan)?.plan.set ?? ''), await secretsOf('2025-01-01'));
  });

  test('installs the pod network after the bootstrap where the CNI is none', async (t) => {
    const { lab, vip, clusterFile, start } = await rehearse(t, ownPodNetwork);
    const rebuild = await start();
    await rebuild.approve();
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.equal(progress.phases.find(({ name }) => name === 'network')?.state, 'done');
    assert.ok(lab.machines.every((machine) => machine.inspect().isNodeReady));
    const told = await readFile(path.join(path.dirname(clusterFile), 'installed'), 'utf8');
    assert.equal(told.trim(), `server: https://${vip}:6443`);
  });
});
