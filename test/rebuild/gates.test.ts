import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { currentSet } from '../../src/cluster/sets.ts';
import { rehearse } from './rehearsal.ts';
import { asRebuildPlan } from '../../src/run/plan/approvable-plan.ts';

describe('a run that needs a person', () => {
  test('shows every finding at once, and goes on when they are mended', async (t) => {
    const { lab, start } = await rehearse(t);
    lab.machine('cp-2').powerOff();
    lab.machine('w-1').powerOff();
    const rebuild = await start();
    const gate = await rebuild.gate('preflight');
    assert.match(gate.kind === 'failure' ? gate.seen : '', /cp-2[^]*w-1/);
    assert.deepEqual(lab.journal.requests(undefined, 'Reset'), []);

    lab.machine('cp-2').powerOn();
    lab.machine('w-1').powerOn();
    await lab.until(() => lab.machines.every((machine) => machine.inspect().stage === 'running'));
    await rebuild.answer('preflight', 'retry');
    await rebuild.approve();
    assert.equal((await rebuild.result()).outcome, 'rebuilt');
  });

  test('ends a plan with its findings instead of asking', async (t) => {
    const { lab, start } = await rehearse(t);
    lab.machine('cp-2').powerOff();
    const progress = await (await start({ onlyPlan: true })).result();
    assert.equal(progress.outcome, 'refused');
    assert.match(progress.verdict ?? '', /cp-2/);
  });

  test('goes on with the other machines when one fails, and takes the failed one in when it is retried', async (t) => {
    const { lab, start } = await rehearse(t);
    const rebuild = await start();
    await rebuild.gate('approval');
    lab.faults.inject({
      machine: 'cp-2',
      method: 'Reset',
      phase: 'before',
      action: { refuse: { code: 9, message: 'locked' } },
      times: 1,
    });
    await rebuild.approve();
    const gate = await rebuild.gate('reset/cp-2');
    assert.match(gate.kind === 'failure' ? gate.seen : '', /^cp-2/);
    await rebuild.answer('reset/cp-2', 'retry');
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.equal(lab.journal.effects('cp-2', 'wiped').length, 1);
  });

  test('shows what may be behind a failure and where its evidence is, and keeps both in the report', async (t) => {
    const { lab, start } = await rehearse(t);
    const rebuild = await start();
    await rebuild.gate('approval');
    const action = { refuse: { code: 9, message: 'locked' } };
    lab.faults.inject({ machine: 'w-1', method: 'Reset', phase: 'before', action, times: 1 });
    await rebuild.approve();
    const gate = await rebuild.gateWithEvidence('canary/w-1');
    assert.match(gate.causes?.[0]?.cause ?? '', /busy/);
    assert.match(gate.evidence ?? '', /runs\/.*\/evidence\/.*-canary-w-1$/);
    assert.ok((await readdir(gate.evidence ?? '')).includes('dmesg.txt'));
    await rebuild.answer('canary/w-1', 'abort');
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'aborted');
    const report = await readFile(path.join(progress.folder ?? '', 'report.md'), 'utf8');
    assert.match(report, /## Questions\n\n### Canary of w-1 did not succeed\n\nAsked at .*, answered with abort at /);
    assert.match(report, /- perhaps: It was busy/);
    assert.ok(report.includes(`Evidence: \`${gate.evidence}\``));
  });

  test('gives the canary its old configuration back when it is called off before the point of no return', async (t) => {
    const { lab, start } = await rehearse(t, { workers: 2 });
    lab.machine('w-2').setTimings({ boot: 600_000 });
    const rebuild = await start();
    await rebuild.approve();
    await lab.until(() => lab.journal.requests('w-2', 'Reset').length === 1);
    await rebuild.cancel();
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'called off', progress.verdict);
    assert.deepEqual(lab.journal.requests('cp-1', 'Reset'), []);
    await lab.until(() => lab.machines.every((machine) => machine.inspect().isNodeReady));
  });

  test('refuses to be called off after the point of no return, and goes on', async (t) => {
    const { lab, start } = await rehearse(t);
    const rebuild = await start();
    await rebuild.approve();
    await lab.until(() => lab.journal.requests('cp-1', 'Reset').length === 1);
    await assert.rejects(rebuild.cancel(), (error: Error) => /point of no return/.test(String(error.cause)));
    await rebuild.handle.cancel();
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.notEqual(progress.cancelRequestedAt, undefined);
  });

  test('skips a drill that was over its budget, and says that failover is not proven', async (t) => {
    const { lab, start } = await rehearse(t, { settings: 'failover: { budget: 1s }' });
    const rebuild = await start();
    await rebuild.approve();
    await lab.until(() => lab.journal.requests(undefined, 'Reboot').length === 1);
    const away = { refuse: { code: 14, message: 'not yet' } };
    lab.faults.inject({ method: 'kubernetes:GET', phase: 'before', action: away, times: 40 });
    await rebuild.answer('failoverDrill', 'skip');
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt');
    assert.equal(progress.failover?.proven, false);
    assert.equal(lab.journal.requests(undefined, 'Reboot').length, 1);
  });
});

describe('a person who stays in charge', () => {
  test('pauses a run before the control planes are reset, and lets it go on', async (t) => {
    const { lab, start } = await rehearse(t);
    const rebuild = await start();
    await rebuild.approve();
    await lab.until(() => lab.journal.requests('w-1', 'Reset').length === 1);
    await rebuild.pause();
    await assert.rejects(rebuild.pause(), (error: Error) => /paused already/.test(String(error.cause)));
    for (let at: string | undefined; at === undefined;) at = (await rebuild.progress()).pause?.at;
    assert.match((await rebuild.progress()).pause?.at ?? '', /^before /);
    assert.deepEqual(lab.journal.requests('cp-1', 'Reset'), []);
    await rebuild.resume();
    const progress = await rebuild.result();
    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.equal(progress.pause, undefined);
  });

  test('is asked again before the drill and before the new set is put in use, where cluster.yaml wants it', async (t) => {
    const { lab, start, folder } = await rehearse(t, {
      settings: 'approval: { before: [reset, failoverDrill, finalize] }\n',
    });
    const rebuild = await start();
    await rebuild.approve();
    await rebuild.reject('approval/failoverDrill');
    await rebuild.gate('approval/finalize');
    assert.deepEqual(lab.journal.requests(undefined, 'Reboot'), []);
    assert.equal((await currentSet(folder))?.name, '2025-01-01');
    await rebuild.approve('approval/finalize');
    const progress = await rebuild.result();
    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.match(progress.failover?.proven === false ? progress.failover.reason : '', /rejected by test/);
    assert.equal(progress.phases.find(({ name }) => name === 'failoverDrill')?.state, 'skipped');
    assert.equal((await currentSet(folder))?.name, asRebuildPlan(progress.plan)?.plan.set);
  });

  test('goes on without an etcd snapshot, gives up a worker that stays away, and the cluster is built without it', async (t) => {
    const { lab, start } = await rehearse(t, { workers: 2, settings: 'timeouts: { reset: 8s }\n' });
    const rebuild = await start();
    await rebuild.gate('approval');
    lab.machine('w-2').setTimings({ boot: 600_000 });
    const refuse = { code: 9, message: 'etcdserver: no leader' };
    lab.faults.inject({ method: 'EtcdSnapshot', phase: 'before', action: { refuse } });
    await rebuild.approve();
    const unsaved = await rebuild.gate('backUp');
    assert.match(
      unsaved.kind === 'failure' ? unsaved.seen : '',
      /nothing was reset\. Missing: the etcd snapshot: .*no leader/,
    );
    assert.deepEqual(lab.journal.requests(undefined, 'Reset'), []);
    await rebuild.answer('backUp', 'skip');
    const gate = await rebuild.gate('reset/w-2');
    assert.deepEqual(gate.kind === 'failure' ? gate.choices : [], ['retry', 'skip', 'amend', 'abort']);
    assert.deepEqual(lab.journal.requests('cp-1', 'Reset'), []);
    await rebuild.answer('reset/w-2', 'skip');
    const progress = await rebuild.result();
    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.match(progress.verdict ?? '', /Given up, and not part of it: w-2/);
    assert.equal(progress.nodes.find(({ name }) => name === 'w-2')?.stage, 'given up');
  });
});
