import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { startActivityLab } from '../activity-lab.ts';
import type { ActivityLab, ActivityLabOptions } from '../activity-lab.ts';
import { isFailure } from '../attempt.ts';

describe('drillFailover', () => {
  test('reboots the control plane that has the VIP, once, and sees the VIP on another', async (t) => {
    const lab = await startCluster(t);
    const holder = holderIn(lab);
    const result = await lab.carryOut('drillFailover', lab.drill);

    assert.ok(result.proven);
    assert.equal(result.from, holder);
    assert.notEqual(result.to, holder);
    assert.ok(result.gapMs > 0 && result.probes > 0);
    assert.deepEqual(rebooted(lab), [holder]);
  });

  test('does not end before the API server and etcd of the old holder itself are back', async (t) => {
    const lab = await startCluster(t);
    const holder = lab.machine(holderIn(lab));
    holder.setTimings({ kubeApiserver: 300_000 });
    await lab.carryOut('drillFailover', lab.drill);

    const { isApiserverUp, etcd } = holder.inspect();
    assert.deepEqual({ isApiserverUp, etcd }, { isApiserverUp: true, etcd: 'voter' });
  });

  test('does not look again at what was seen healthy a moment ago, and does where that is long ago or to come', async (t) => {
    const lab = await startCluster(t, { nodes: ['cp-1', 'cp-2', 'cp-3', 'w-1'], timeout: '4s' });
    lab.machine('w-1').powerOff();
    await lab.until(() => lab.lab.journal.states('w-1', 'node').at(-1)?.value === 'lost');
    for (const apartMs of [-6000, 60_000]) {
      const healthyAt = new Date(Date.now() + apartMs).toISOString();
      await assert.rejects(
        lab.carryOut('drillFailover', { ...lab.drill, healthyAt }),
        isFailure('ClusterUnhealthy', /^Nodes are Ready: w-1 /),
      );
      assert.deepEqual(rebooted(lab), []);
    }
    const healthyAt = new Date().toISOString();
    await assert.rejects(
      lab.carryOut('drillFailover', { ...lab.drill, healthyAt }),
      isFailure('ClusterUnhealthy', /w-1/),
    );
    assert.equal(rebooted(lab).length, 1);
  });

  test('reboots once, though the worker died before it heard the answer, and counts that time as a gap', async (t) => {
    const lab = await startCluster(t);
    const holder = holderIn(lab);
    const first = lab.begin('drillFailover', lab.drill);
    await lab.endAfter(first, holder, 'Reboot');
    const endedAt = Date.now();
    await lab.until(() => Date.now() - endedAt > 2000);
    const result = await lab.carryOut('drillFailover', lab.drill, { after: first });

    assert.ok(result.proven);
    assert.equal(result.from, holder);
    assert.ok(result.gapMs > 2000, `nobody looked for two seconds, the gap is ${result.gapMs} ms`);
    assert.deepEqual(rebooted(lab), [holder]);
  });

  test('reboots the same machine when the worker died right before the reboot', async (t) => {
    const lab = await startCluster(t);
    const holder = holderIn(lab);
    const first = lab.begin('drillFailover', lab.drill, { beforeActing: () => Promise.reject(new Error('dies')) });
    await assert.rejects(first.result, /dies/);
    assert.deepEqual(rebooted(lab), []);
    assert.equal((await lab.record()).drill?.holder, holder);

    const result = await lab.carryOut('drillFailover', lab.drill, { after: first });
    assert.ok(result.proven);
    assert.equal(result.from, holder);
    assert.deepEqual(rebooted(lab), [holder]);
  });

  test('sends the reboot again when the request was lost: a machine that just runs on has not got it', async (t) => {
    const lab = await startCluster(t);
    const holder = holderIn(lab);
    lab.lab.faults.inject({ method: 'Reboot', phase: 'before', action: { drop: true }, times: 1 });
    lab.lab.faults.inject({ method: 'Read', phase: 'before', action: { drop: true }, times: 4 });
    const result = await lab.carryOut('drillFailover', lab.drill);

    assert.ok(result.proven);
    assert.deepEqual(rebooted(lab), [holder, holder]);
    assert.equal(lab.effects(holder, 'rebooted'), 1);
  });

  test('reboots the one that has the VIP at that moment, though it moved while the drill began', async (t) => {
    const lab = await startCluster(t);
    const first = holderIn(lab);
    let isMoved = false;
    lab.lab.faults.watch(async ({ method, machine, phase }) => {
      if (isMoved || phase !== 'before' || method !== 'MachineService/Read' || machine !== first) return 'go on';
      isMoved = true;
      lab.machine(first).resignVirtualIps();
      await lab.until(() => !lab.machine(first).inspect().virtualIps.includes(lab.vip) && isHeld(lab));
      return 'go on';
    });
    const result = await lab.carryOut('drillFailover', lab.drill);

    assert.ok(result.proven);
    assert.notEqual(result.from, first);
    assert.deepEqual(rebooted(lab), [result.from]);
  });

  test('reboots no other one when the VIP moves after a reboot that may have been lost', async (t) => {
    const lab = await startCluster(t, { timeout: '30s' });
    const first = holderIn(lab);
    lab.lab.faults.watch(async ({ method, phase }) => {
      if (phase !== 'before' || method !== 'MachineService/Reboot') return 'go on';
      lab.machine(first).resignVirtualIps();
      await lab.until(() => !lab.machine(first).inspect().virtualIps.includes(lab.vip) && isHeld(lab));
      return 'drop';
    });

    await assert.rejects(
      lab.carryOut('drillFailover', lab.drill),
      isFailure('FailoverFailed', new RegExp(`^${first}: did not come back`)),
    );
    assert.deepEqual(rebooted(lab), [first]);
  });

  test('fails beyond the budget, and a retry is a new drill', async (t) => {
    const lab = await startCluster(t, { settings: 'failover: { budget: 3s }', timings: { vipElection: 250_000 } });
    const holder = holderIn(lab);
    await assert.rejects(
      lab.carryOut('drillFailover', lab.drill),
      isFailure('FailoverFailed', /^The API did not answer through the VIP for \d{4,} ms, allowed are 3000 ms/),
    );
    assert.equal((await lab.record()).drill, undefined);
    assert.deepEqual(rebooted(lab), [holder]);

    for (const machine of lab.lab.machines) machine.setTimings({ vipElection: 100 });
    const next = holderIn(lab);
    const result = await lab.carryOut('drillFailover', lab.drill);
    assert.ok(result.proven);
    assert.equal(result.from, next);
    assert.deepEqual(rebooted(lab), [holder, next]);
  });

  test('reboots nothing as long as the cluster is not healthy', async (t) => {
    const lab = await startCluster(t, { timeout: '4s' });
    lab.machine('cp-3').powerOff();

    await assert.rejects(lab.carryOut('drillFailover', lab.drill), isFailure('ClusterUnhealthy', /cp-3/));
    assert.deepEqual(rebooted(lab), []);
  });
});

async function startCluster(t: TestContext, options: ActivityLabOptions = {}): Promise<ActivityLab> {
  const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2', 'cp-3'], cluster: 'new', ...options });
  await lab.until(() => isHeld(lab));
  return lab;
}

function isHeld(lab: ActivityLab): boolean {
  return lab.lab.machines.some((machine) => machine.inspect().virtualIps.length > 0);
}

function holderIn(lab: ActivityLab): string {
  const holder = lab.lab.machines.find((machine) => machine.inspect().virtualIps.length > 0);
  assert.ok(holder, 'nobody has the VIP');
  return holder.name;
}

function rebooted(lab: ActivityLab): string[] {
  return lab.lab.journal.requests(undefined, 'Reboot').map(({ machine }) => machine);
}
