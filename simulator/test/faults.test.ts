import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inMaintenance, isHealthy, startFixture, wipe } from './fixture.ts';

describe('faults', () => {
  test('refuse a call as often as they are told, and the machine has not acted', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    fixture.lab.faults.inject({
      machine: 'cp1',
      method: 'Reset',
      phase: 'before',
      action: { refuse: { code: 14, message: 'try later' } },
      times: 2,
    });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      assert.match(
        (await fixture.on('cp1', 'reset', ...wipe, 'STATE,EPHEMERAL')).stderr,
        /code = Unavailable desc = try later/,
      );
    }
    assert.deepEqual(fixture.lab.journal.effects('cp1', 'wiped'), []);
    assert.equal((await fixture.on('cp1', 'reset', ...wipe, 'STATE,EPHEMERAL')).code, 0);
    await inMaintenance(fixture);
    assert.equal(fixture.lab.journal.effects('cp1', 'wiped').length, 1);
    assert.deepEqual(
      fixture.lab.journal.requests('cp1', 'reset').map(({ answer }) => answer),
      ['Unavailable', 'Unavailable', 'OK'],
    );
  });

  test('cut the connection after the machine has acted, so that nobody hears of it', async (t) => {
    const fixture = await startFixture(t);
    await inMaintenance(fixture);
    fixture.lab.faults.inject({ method: 'ApplyConfiguration', phase: 'after', action: { drop: true }, times: 1 });
    const applied = await fixture.insecure('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'));
    assert.equal(applied.code, 1);
    assert.match(applied.stderr, /code = Unavailable/);
    await fixture.lab.until(() => fixture.machine('cp1').inspect().api === 'configured');
    assert.equal(fixture.lab.journal.effects('cp1', 'applied').length, 1);
  });

  test('can hold an answer back or never give it', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    fixture.lab.faults.inject({ method: 'EtcdMemberList', phase: 'before', action: { delayMs: 100_000 }, times: 1 });
    const delayed = fixture.on('cp1', 'etcd', 'members');
    await fixture.lab.until(() => fixture.lab.journal.requests('cp1', 'EtcdMemberList').length === 1);
    assert.equal(fixture.lab.journal.requests('cp1', 'EtcdMemberList')[0]?.answer, undefined);
    assert.equal((await delayed).code, 0);

    const stop = fixture.lab.faults.inject({
      method: 'MachineService/EtcdStatus',
      phase: 'before',
      action: { hang: true },
    });
    const hanging = fixture.on('cp1', 'etcd', 'status');
    await fixture.lab.until(() => fixture.lab.journal.requests('cp1', 'EtcdStatus').length === 1);
    fixture.machine('cp1').crash();
    assert.equal((await hanging).code, 1);
    stop();
    await fixture.lab.until(() => isHealthy(fixture.lab));
    assert.equal((await fixture.on('cp1', 'etcd', 'status')).code, 0);
  });

  test('cut the connection after the Kubernetes API has acted: what was asked for is there, and nobody heard of it', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    await fixture.lab.until(() => isHealthy(fixture.lab));
    await fixture.on('cp1', 'kubeconfig', `${fixture.folder}/kubeconfig`, '--merge=false');
    fixture.lab.faults.inject({ method: 'kubernetes:POST', phase: 'after', action: { drop: true }, times: 1 });
    const create = () => fixture.kubectl('create', 'namespace', 'unheard', '--request-timeout=10s');
    assert.notEqual((await create()).code, 0);
    assert.equal((await fixture.kubectl('get', 'namespace', 'unheard')).code, 0);
    assert.match((await create()).stderr, /AlreadyExists/);
  });

  test('reach the Kubernetes API too', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    await fixture.lab.until(() => isHealthy(fixture.lab));
    await fixture.on('cp1', 'kubeconfig', `${fixture.folder}/kubeconfig`, '--merge=false');
    const stop = fixture.lab.faults.inject({
      machine: 'cp1',
      method: 'kubernetes:GET',
      phase: 'before',
      action: { drop: true },
    });
    assert.notEqual((await fixture.kubectl('get', '--raw=/api/v1/nodes', '--request-timeout=5s')).code, 0);
    stop();
    assert.equal((await fixture.kubectl('get', 'nodes')).code, 0);
    assert.ok(
      fixture.lab.journal
        .requests('cp1', 'kubernetes:GET')
        .some(({ role, args }) => role === 'admin' && args['path'] === '/api/v1/nodes'),
    );
  });
});

describe('the journal', () => {
  test('holds who asked what of whom, without keys or configurations', async (t) => {
    const fixture = await startFixture(t, { isCluster: true, workers: 1 });
    await fixture.run(
      '--talosconfig',
      fixture.talosconfig,
      '-e',
      fixture.machine('cp1').address,
      '-n',
      fixture.machine('w1').address,
      'version',
    );
    await fixture.on('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'));
    const [request] = fixture.lab.journal.requests('w1', 'version');
    assert.deepEqual(
      { ...request, at: 0 },
      {
        at: 0,
        machine: 'w1',
        kind: 'request',
        method: 'MachineService/Version',
        role: 'os:admin',
        args: {},
        answer: 'OK',
      },
    );
    const [applied] = fixture.lab.journal.requests('cp1', 'ApplyConfiguration');
    assert.deepEqual(Object.keys(applied?.args ?? {}), ['mode', 'dryRun', 'bytes']);
    assert.doesNotMatch(JSON.stringify(fixture.lab.journal.entries), /PRIVATE KEY|LS0tLS1/);
    const times = fixture.lab.journal.entries.map(({ at }) => at);
    assert.deepEqual(
      [...times].sort((a, b) => a - b),
      times,
    );
  });
});
