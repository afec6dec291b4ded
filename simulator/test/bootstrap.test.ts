import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { bootstrap, build, inMaintenance, isHealthy, startFixture, type Fixture, wipe } from './fixture.ts';

async function configured(fixture: Fixture): Promise<void> {
  await inMaintenance(fixture);
  for (const { name } of fixture.lab.machines)
    await fixture.insecure(name, 'apply-config', '-f', fixture.configurationOf(name));
  await fixture.lab.until(() => fixture.lab.machines.every((machine) => machine.inspect().api === 'configured'));
}

describe('bootstrap', () => {
  test('makes a cluster out of machines that were given their configurations', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, workers: 1 });
    await build(fixture);

    const members = await fixture.on('cp2', 'etcd', 'members');
    assert.match(members.stdout, /^NODE\s+ID\s+HOSTNAME\s+PEER URLS\s+CLIENT URLS\s+LEARNER$/m);
    for (const name of ['cp1', 'cp2', 'cp3'])
      assert.match(members.stdout, new RegExp(`${name}\\s+https://[\\d.]+:2380\\s+https://[\\d.]+:2379\\s+false`));
    assert.deepEqual(
      fixture.lab.journal.effects(undefined, 'bootstrapped').map(({ machine }) => machine),
      ['cp1'],
    );
    assert.equal(fixture.lab.journal.effects(undefined, 'joined-etcd').length, 2);
    const health = await fixture.on('cp1', 'health', '--wait-timeout', '20s');
    assert.equal(health.code, 0, health.stderr);
    assert.match(health.stderr, /waiting for all k8s nodes to report ready: OK/);
    assert.match(
      (await fixture.on('cp1', 'bootstrap')).stderr,
      /code = AlreadyExists desc = etcd data directory is not empty/,
    );
    assert.match(
      (await fixture.on('cp2', 'bootstrap')).stderr,
      /code = AlreadyExists desc = etcd data directory is not empty/,
    );
  });

  test('is refused in every state in which it cannot work', async (t) => {
    const fixture = await startFixture(t, {
      controlPlanes: 1,
      workers: 1,
      timings: { cri: 600_000, timeSync: 3_000_000 },
    });
    await inMaintenance(fixture);
    fixture.machine('w1').setTimings({ cri: 10 });
    for (const name of ['cp1', 'w1']) await fixture.insecure(name, 'apply-config', '-f', fixture.configurationOf(name));
    await fixture.lab.until(() => fixture.machine('w1').inspect().api === 'configured');

    assert.match(
      (await fixture.on('cp1', 'bootstrap')).stderr,
      /code = FailedPrecondition desc = bootstrap is not available yet/,
    );
    await fixture.lab.until(() => fixture.machine('cp1').inspect().etcd === 'waiting');
    assert.match(
      (await fixture.on('cp1', 'bootstrap')).stderr,
      /code = FailedPrecondition desc = time is not in sync yet/,
    );
    assert.match(
      (await fixture.on('w1', 'bootstrap')).stderr,
      /code = Unimplemented desc = bootstrap is only available on control plane nodes/,
    );
    assert.deepEqual(fixture.lab.journal.effects(undefined, 'bootstrapped'), []);
  });

  test('of two machines makes two clusters, because nothing stops it', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 2, timings: { etcdJoinRetry: 1e12 } });
    await configured(fixture);
    const isPrepared = (name: string) => fixture.lab.journal.states(name, 'etcd').at(-1)?.value === 'prepared';
    await fixture.lab.until(() => isPrepared('cp1') && isPrepared('cp2'));
    await Promise.all([bootstrap(fixture, 'cp1'), bootstrap(fixture, 'cp2')]);
    await fixture.lab.until(() => ['cp1', 'cp2'].every((name) => fixture.machine(name).inspect().etcd === 'voter'));

    assert.deepEqual(fixture.machine('cp1').inspect().etcdMembers, ['cp1']);
    assert.deepEqual(fixture.machine('cp2').inspect().etcdMembers, ['cp2']);
  });

  test('from a snapshot brings back what the cluster held', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    const snapshot = join(fixture.folder, 'etcd.snapshot');
    await fixture.on('cp1', 'kubeconfig', join(fixture.folder, 'kubeconfig'), '--merge=false');
    await fixture.kubectl('create', 'secret', 'generic', 'kept', '--from-literal=a=b');
    const saved = await fixture.on('cp1', 'etcd', 'snapshot', snapshot);
    assert.match(
      saved.stdout,
      /^etcd snapshot saved to ".*" \(\d+ bytes\)\nsnapshot info: hash [0-9a-f]{8}, revision \d+, total keys \d+, total size \d+$/m,
    );

    await fixture.on('cp1', 'reset', ...wipe, 'EPHEMERAL');
    await fixture.lab.until(() => fixture.lab.journal.effects('cp1', 'rebooted').length === 1);
    await bootstrap(fixture, 'cp1', '--recover-from', snapshot);
    await fixture.lab.until(() => isHealthy(fixture.lab));
    assert.match((await fixture.kubectl('get', 'secret', 'kept', '-o', 'name')).stdout, /secret\/kept/);
  });
});
