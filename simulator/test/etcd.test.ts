import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isHealthy, objectsIn, startFixture, wipe } from './fixture.ts';

describe('etcd', () => {
  test('tells its members and its state, of the local member alone', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, workers: 1, isCluster: true });
    const status = await fixture.on('cp2', 'etcd', 'status');
    assert.match(
      status.stdout,
      /^NODE\s+MEMBER\s+DB SIZE\s+IN USE\s+LEADER\s+RAFT INDEX\s+RAFT TERM\s+RAFT APPLIED INDEX\s+LEARNER\s+PROTOCOL\s+STORAGE\s+ERRORS/m,
    );
    const [member] = objectsIn((await fixture.on('cp2', 'get', 'etcdmembers', '-o', 'json')).stdout);
    const { memberID } = (member?.spec ?? {}) as { memberID: string };
    assert.match(memberID, /^[0-9a-f]{16}$/);
    assert.match(status.stdout, new RegExp(memberID));
    assert.match(
      (await fixture.on('w1', 'etcd', 'members')).stderr,
      /code = Unimplemented desc = member list is only available on control plane nodes/,
    );
  });

  test('lets a member go that is dead, and says so when it is gone already', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, isCluster: true });
    const members = await fixture.on('cp1', 'etcd', 'members');
    const id = /(\S+)\s+cp3\s/.exec(members.stdout)?.[1] ?? '';
    fixture.machine('cp3').powerOff();

    assert.equal((await fixture.on('cp1', 'etcd', 'remove-member', id)).code, 0);
    assert.deepEqual(fixture.machine('cp1').inspect().etcdMembers, ['cp1', 'cp2']);
    const again = await fixture.on('cp1', 'etcd', 'remove-member', id);
    assert.match(again.stderr, /code = NotFound .*etcdserver: member not found/);
  });

  test('moves its leader on request, and lets a member leave', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, isCluster: true });
    const leader = () => fixture.lab.machines.find((machine) => machine.inspect().isEtcdLeader)?.name ?? '';
    const former = leader();
    assert.equal((await fixture.on(former, 'etcd', 'forfeit-leadership')).code, 0);
    assert.notEqual(leader(), former);

    assert.equal((await fixture.on('cp3', 'etcd', 'leave')).code, 0);
    await fixture.lab.until(() => fixture.machine('cp1').inspect().etcdMembers.length === 2);
    const alone = await startFixture(t, { isCluster: true });
    assert.match(
      (await alone.on('cp1', 'etcd', 'forfeit-leadership')).stderr,
      /cannot forfeit leadership, only one member/,
    );
    assert.match((await alone.on('cp1', 'etcd', 'leave')).stderr, /etcdserver: unhealthy cluster/);
  });

  test('serves nothing without a quorum and goes on when it is back', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, isCluster: true });
    fixture.machine('cp2').powerOff();
    await fixture.lab.until(
      () => fixture.machine('cp1').inspect().isEtcdLeader || fixture.machine('cp3').inspect().isEtcdLeader,
    );
    assert.equal((await fixture.on('cp1', 'etcd', 'members')).code, 0);

    fixture.machine('cp3').powerOff();
    assert.match(
      (await fixture.on('cp1', 'etcd', 'members')).stderr,
      /code = Unavailable desc = etcdserver: no leader/,
    );
    assert.match((await fixture.on('cp1', 'service', 'etcd')).stdout, /HEALTH\s+Fail/);
    assert.equal((await fixture.on('cp1', 'etcd', 'status')).code, 0);

    for (const name of ['cp2', 'cp3']) fixture.machine(name).powerOn();
    await fixture.lab.until(() => isHealthy(fixture.lab));
  });

  test('never takes a node in whose address a member of another name still has', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, isCluster: true });
    await fixture.on('cp3', 'reset', ...wipe, 'STATE,EPHEMERAL');
    await fixture.lab.until(() => fixture.machine('cp3').inspect().api === 'maintenance');
    const renamed = join(fixture.folder, 'renamed.yaml');
    await writeFile(
      renamed,
      (await readFile(fixture.configurationOf('cp3'), 'utf8')).replace('hostname: cp3', 'hostname: cp9'),
    );
    await fixture.insecure('cp3', 'apply-config', '-f', renamed);
    await fixture.lab.until(
      () =>
        fixture.machine('cp3').inspect().etcd === 'waiting' && fixture.machine('cp3').inspect().api === 'configured',
    );
    while (!(await fixture.on('cp3', 'dmesg')).stdout.includes('Peer URLs already exists'))
      await fixture.lab.until(() => true);

    const id = /(\S+)\s+cp3\s/.exec((await fixture.on('cp1', 'etcd', 'members')).stdout)?.[1] ?? '';
    await fixture.on('cp1', 'etcd', 'remove-member', id);
    await fixture.lab.until(() => isHealthy(fixture.lab));
    assert.deepEqual(fixture.machine('cp1').inspect().etcdMembers.sort(), ['cp1', 'cp2', 'cp9']);
  });

  test('takes a rebuilt node back under its own name', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, isCluster: true });
    await fixture.on('cp3', 'reset', ...wipe, 'STATE,EPHEMERAL');
    await fixture.lab.until(() => fixture.machine('cp3').inspect().api === 'maintenance');
    await fixture.insecure('cp3', 'apply-config', '-f', fixture.configurationOf('cp3'));
    await fixture.lab.until(() => isHealthy(fixture.lab));
    const states = fixture.lab.journal.states('cp3', 'etcd').map(({ value }) => value);
    assert.deepEqual(states.slice(-2), ['learner', 'voter']);
    assert.deepEqual(fixture.machine('cp1').inspect().etcdMembers.sort(), ['cp1', 'cp2', 'cp3']);
  });
});
