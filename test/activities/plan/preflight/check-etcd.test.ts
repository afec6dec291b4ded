import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EtcdView } from '../../../../src/activities/cluster/old-etcd.ts';
import { checkEtcd } from '../../../../src/activities/plan/preflight/check-etcd.ts';
import { describeFinding } from '../../../../src/run/findings.ts';
import type { EtcdStatus } from '../../../../src/talos/etcd.ts';

const names = ['cp-1', 'cp-2', 'cp-3'];
const members = names.map((hostname) => ({
  id: `id of ${hostname}`,
  hostname,
  peerUrls: [],
  clientUrls: [],
  learner: false,
}));

function view(node: string, status: Partial<EtcdStatus> = {}): EtcdView {
  const healthy = { memberId: `id of ${node}`, leaderId: 'id of cp-1', learner: false, raftIndex: 7, errors: '' };
  return { node, members, status: { ...healthy, ...status } };
}

/** What is found when one control plane differs from two healthy ones, without the remedies. */
function found(third: EtcdView, planned = 3): string[] {
  const findings = checkEtcd(planned, [view('cp-1'), view('cp-2'), third]);
  for (const { severity } of findings) assert.equal(severity, 'warning', 'the old etcd is wiped: it forbids nothing');
  return findings.map((finding) => describeFinding(finding).replace(/ → .*/, ''));
}

describe('preflight on the old etcd', () => {
  test('finds nothing in a healthy one', () => assert.deepEqual(found(view('cp-3')), []));

  test('names the member that is a learner', () =>
    assert.deepEqual(found(view('cp-3', { learner: true })), ['cp-3: its etcd is still a learner']));

  test('names the member that reports errors', () =>
    assert.deepEqual(found(view('cp-3', { errors: 'NOSPACE' })), ['cp-3: its etcd reports NOSPACE']));

  test('names the member that sees no leader, though it cannot list the others', () => {
    const { leaderId: _none, ...status } = view('cp-3').status ?? assert.fail();
    assert.deepEqual(found({ node: 'cp-3', members: undefined, status }), [
      'etcd of the old cluster does not answer on cp-3',
      'cp-3: its etcd sees no leader',
    ]);
  });

  test('says who follows whom when they disagree about the leader', () =>
    assert.deepEqual(found(view('cp-3', { leaderId: 'id of cp-3' })), [
      "the old control planes disagree on etcd's leader: cp-1 follows cp-1, cp-2 follows cp-1, cp-3 follows cp-3",
    ]));

  test('says when the members are others, or more than planned', () => {
    assert.deepEqual(found({ ...view('cp-3'), members: members.slice(1) }), [
      "the old control planes disagree on etcd's members: cp-1, cp-2, cp-3 / cp-2, cp-3",
    ]);
    assert.deepEqual(found(view('cp-3'), 4), [
      'etcd of the old cluster has the members cp-1, cp-2, cp-3, planned are 4',
    ]);
  });
});
