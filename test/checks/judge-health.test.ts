import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeHolders, describeMembers, describeNodes, describeStatus } from '../../src/checks/judge-health.ts';
import type { NodeStatus } from '../../src/kubernetes/nodes.ts';
import type { Plan, PlannedNode } from '../../src/run/plan/plan.ts';
import type { EtcdMember, EtcdStatus } from '../../src/talos/etcd.ts';

const vip = '192.168.1.10';

function planned(name: string, role: PlannedNode['role'], link = 'end0'): PlannedNode {
  return { name, role, link } as PlannedNode;
}

const plan = {
  vip: { address: vip, link: 'end0' },
  nodes: [
    planned('cp-1', 'controlplane'),
    planned('cp-2', 'controlplane', 'enp1s0'),
    planned('cp-3', 'controlplane'),
    planned('w-1', 'worker'),
  ],
} as unknown as Plan;

describe('what is wrong with the nodes', () => {
  const all = plan.nodes.map(({ name }) => status(name));

  test('is nothing when each is Ready under its name', () => assert.equal(describeNodes(plan, all), undefined));

  test('is every node that is missing, not Ready, or not planned', () => {
    const [first, second, ...rest] = all.slice(0, 3);
    assert.ok(first && second);
    const seen = [first, { ...second, ready: false, reason: 'KubeletNotReady' }, ...rest, status('talos-abc')];
    assert.equal(
      describeNodes(plan, seen),
      'w-1 has not registered, cp-2 is not Ready (KubeletNotReady), talos-abc is not a planned node',
    );
  });
});

describe('what is wrong with etcd', () => {
  const all = ['cp-1', 'cp-2', 'cp-3'].map((name, index) => member(name, `192.168.1.1${index + 1}`));

  test('is nothing when the planned control planes are its voters', () =>
    assert.equal(describeMembers(plan, all), undefined));

  test('is a control plane that is no member', () =>
    assert.equal(describeMembers(plan, all.slice(1)), 'cp-1 is not a member'));

  test('is a member that nobody planned', () =>
    assert.equal(describeMembers(plan, [...all, member('old-1', '192.168.1.99')]), 'old-1 is not a planned member'));

  test('is a member that is there twice', () =>
    assert.equal(describeMembers(plan, [...all, member('cp-1', '192.168.1.99')]), 'cp-1 is a member twice'));

  test('is a learner', () => {
    const [first, ...rest] = all;
    assert.ok(first);
    assert.equal(describeMembers(plan, [{ ...first, learner: true }, ...rest]), 'cp-1 is still a learner');
  });

  test('is a member that others know by the VIP', () =>
    assert.equal(
      describeMembers(plan, [member('cp-1', vip), ...all.slice(1)]),
      'cp-1 is known by the VIP instead of its own address',
    ));
});

describe('what is wrong with the etcd of one control plane', () => {
  const healthy: EtcdStatus = { memberId: 'a1', leaderId: 'b2', learner: false, raftIndex: 7, errors: '' };

  test('is nothing when it is a voter that sees a leader', () => assert.equal(describeStatus(healthy), undefined));

  test('is that it is a learner, sees no leader, and what it reports', () => {
    const { leaderId: _none, ...leaderless } = healthy;
    assert.equal(
      describeStatus({ ...leaderless, learner: true, errors: 'NOSPACE' }),
      'is still a learner, sees no leader, reports NOSPACE',
    );
  });
});

describe('what is wrong with the VIP', () => {
  test('is nothing when one control plane has it on its planned link', () => {
    assert.equal(describeHolders(plan, [{ node: 'cp-1', link: 'end0' }]), undefined);
    assert.equal(describeHolders(plan, [{ node: 'cp-2', link: 'enp1s0' }]), undefined);
  });

  test('is that nobody has it', () =>
    assert.equal(describeHolders(plan, []), `no control plane has ${vip}: is end0 the right link?`));

  test('is that it comes and goes, where it was seen a moment ago', () =>
    assert.equal(
      describeHolders(plan, [], ['cp-1', 'cp-3']),
      `${vip} comes and goes: no control plane has it now, a moment ago it was on cp-1 and cp-3`,
    ));

  test('is that two have it', () =>
    assert.equal(
      describeHolders(plan, [
        { node: 'cp-1', link: 'end0' },
        { node: 'cp-3', link: 'end0' },
      ]),
      `${vip} is on cp-1 and cp-3`,
    ));

  test('is that it is on another link than planned', () =>
    assert.equal(describeHolders(plan, [{ node: 'cp-2', link: 'end0' }]), `cp-2 has ${vip} on end0, planned enp1s0`));
});

function status(name: string): NodeStatus {
  return { name, ready: true, reason: '' } as NodeStatus;
}

function member(hostname: string, address: string): EtcdMember {
  return { id: hostname, hostname, peerUrls: [`https://${address}:2380`], clientUrls: [], learner: false };
}
