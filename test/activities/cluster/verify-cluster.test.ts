import assert from 'node:assert/strict';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setNamed } from '../../../src/cluster/sets.ts';
import type { Plan } from '../../../src/run/plan/plan.ts';
import { activity } from '../../../src/activities/attempt/attempt.ts';
import { passAll } from '../../../src/activities/cluster/verify-cluster.ts';
import type { Check } from '../../../src/checks/check.ts';
import type { WorkerContext } from '../../../src/activities/attempt/worker-context.ts';
import { startActivityLab } from '../activity-lab.ts';
import type { ActivityLab } from '../activity-lab.ts';
import { attempt, isFailure } from '../attempt.ts';
import { runTalosctl } from '../../drawn-secrets.ts';

describe('verifyCluster', () => {
  test('passes a cluster that is what was planned', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2', 'cp-3', 'w-1'], cluster: 'new' });
    const { remarks } = await lab.carryOut('verifyCluster', { ...lab.whole, plan: ranUnder(lab, '2025-01-01') });

    // Without a backup there is no old kubeconfig to try.
    assert.match(remarks.join('\n'), /^That the API server refuses the old kubeconfig was not proven: .*$/);
  });

  test('names the node that is not Ready', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'], cluster: 'new', timeout: '4s' });
    lab.machine('w-1').powerOff();
    await lab.until(() => lab.lab.journal.states('w-1', 'node').at(-1)?.value === 'lost');

    await assert.rejects(
      lab.carryOut('verifyCluster', lab.whole),
      isFailure('ClusterUnhealthy', /^Nodes are Ready: w-1 is not Ready .*not healthy after 4 s/),
    );
  });

  test('names a control plane that never came', async (t) => {
    const lab = await startActivityLab(t, {
      nodes: ['cp-1', 'cp-2'],
      cluster: 'new',
      inMaintenance: ['cp-2'],
      timeout: '4s',
    });
    const alone = { ...lab.plan, nodes: lab.plan.nodes.slice(0, 1) };
    await lab.carryOut('verifyCluster', { ...lab.whole, plan: alone });

    await assert.rejects(
      lab.carryOut('verifyCluster', lab.whole),
      isFailure('ClusterUnhealthy', /^etcd has the planned members: cp-2 .*in maintenance mode/),
    );
  });

  test('names a control plane whose own etcd does not answer, though the others have it on their list', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2', 'cp-3'], cluster: 'new', timeout: '4s' });
    const refuse = { code: 14, message: 'etcdserver: no leader' };
    lab.lab.faults.inject({ machine: 'cp-3', method: 'EtcdMemberList', phase: 'before', action: { refuse } });

    await assert.rejects(
      lab.carryOut('verifyCluster', lab.whole),
      isFailure('ClusterUnhealthy', /^etcd has the planned members: cp-3 /),
    );
  });

  test('names a control plane whose own etcd sees no leader, though it tells its members', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2', 'cp-3'], cluster: 'new', timeout: '4s' });
    const refuse = { code: 14, message: 'etcdserver: no leader' };
    lab.lab.faults.inject({ machine: 'cp-2', method: 'EtcdStatus', phase: 'before', action: { refuse } });

    await assert.rejects(
      lab.carryOut('verifyCluster', lab.whole),
      isFailure('ClusterUnhealthy', /^etcd on each control plane is a healthy voter: cp-2 /),
    );
  });

  test('names a control plane whose own API server does not answer, though the VIP does', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2', 'cp-3'], cluster: 'new', timeout: '4s' });
    const isHolder = (name: string): boolean => lab.machine(name).inspect().virtualIps.length > 0;
    await lab.until(() => lab.lab.machines.some(({ name }) => isHolder(name)));
    const silent = lab.lab.machines.find(({ name }) => !isHolder(name))?.name ?? '';
    await lab.changeRecord((record) => {
      record.bootstrap = { node: lab.lab.machines.find(({ name }) => isHolder(name))?.name ?? '', chosenAt: 'then' };
    });
    lab.lab.faults.inject({ machine: silent, method: 'kubernetes:GET', phase: 'before', action: { drop: true } });

    await assert.rejects(
      lab.carryOut('verifyCluster', lab.whole),
      isFailure('ClusterUnhealthy', new RegExp(`^Each control plane’s own API server answers: ${silent}: .*broke off`)),
    );
  });

  test('tells two clusters from one', async (t) => {
    const lab = await startActivityLab(t, {
      nodes: ['cp-1', 'cp-2'],
      cluster: 'none',
      timeout: '6s',
      timings: { etcdJoinRetry: 1e9, vipElection: 1e9 },
    });
    for (const name of ['cp-1', 'cp-2']) {
      await lab.carryOut('applyConfiguration', lab.way(name));
      await lab.carryOut('awaitNewCluster', lab.way(name));
      await lab.until(() => lab.machine(name).inspect().etcd === 'waiting');
    }
    const { talosconfig } = setNamed(lab.folder, lab.plan.set);
    await lab.carryOut('chooseBootstrapNode', lab.whole);
    await Promise.all(
      lab.plan.nodes.map(({ address }) =>
        runTalosctl('bootstrap', '--talosconfig', talosconfig, '-e', address, '-n', address),
      ),
    );

    await assert.rejects(
      lab.carryOut('verifyCluster', lab.whole),
      isFailure('ClusterUnhealthy', /^etcd has the planned members: cp-1 says that cp-2 is not a member/),
    );
  });

  test('says when the old talosconfig is still let in', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'new', timeout: '4s' });
    // Another set that opens the machine just as well.
    const { path: current } = setNamed(lab.folder, lab.plan.set);
    await cp(current, path.join(lab.folder.sets, '2024-01-01'), { recursive: true });

    await assert.rejects(
      lab.carryOut('verifyCluster', { ...lab.whole, plan: ranUnder(lab, '2024-01-01') }),
      isFailure('ClusterUnhealthy', /^cp-1 refuses the old talosconfig: it was accepted/),
    );
  });

  test('says when the old kubeconfig is still let in', async (t) => {
    const old = await startActivityLab(t);
    const backup = path.join(old.folder.backups, (await old.carryOut('backUp', old.whole)).backup, 'kubeconfig');
    const lab = await startActivityLab(t, { cluster: 'new', timeout: '4s' });
    const input = { ...lab.whole, plan: ranUnder(lab, '2025-01-01') };
    const kept = path.join(lab.folder.backups, '2026-01-01', 'kubeconfig');
    await mkdir(path.dirname(kept));
    await lab.changeRecord((record) => {
      record.backup = '2026-01-01';
    });

    await cp(backup, kept);
    assert.deepEqual((await lab.carryOut('verifyCluster', input)).remarks, []);

    await rm(kept);
    await cp(setNamed(lab.folder, lab.plan.set).kubeconfig, kept);
    await assert.rejects(
      lab.carryOut('verifyCluster', input),
      isFailure('ClusterUnhealthy', /^The API server refuses the old kubeconfig: it was accepted/),
    );
  });
});

/** The plan as it would have been before the rebuild. */
function ranUnder({ plan }: ActivityLab, runsUnder: string): Plan {
  return { ...plan, nodes: plan.nodes.map((node) => ({ ...node, runsUnder })) };
}

describe('passAll', () => {
  const everyOther = (first: 'right' | 'wrong', settlesAt = Infinity): Check => {
    let looks = first === 'right' ? 1 : 0;
    return {
      name: `The VIP, ${first} first`,
      look: async () => (looks++ % 2 === 1 || looks > settlesAt ? undefined : 'it is away'),
    };
  };
  const pass = async (...checks: Check[]): Promise<void> => {
    const passing = activity({} as WorkerContext, (one) => passAll(one, checks, 3000));
    await attempt(passing, { run: { folder: 'none', runId: 'none' } }).result;
  };

  test('believes no checks that pass one after the other, and never at once', async () => {
    await assert.rejects(
      pass(everyOther('wrong'), everyOther('right')),
      isFailure('ClusterUnhealthy', /^The VIP, \w+ first: it is away\. The new cluster is not healthy after 3 s/),
    );
    await pass(everyOther('wrong', 7), everyOther('right', 7));
  });
});
