import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Gate } from '../../src/run/gates.ts';
import { edit } from './edit-file.ts';
import { rehearse } from './rehearsal.ts';
import { asRebuildPlan } from '../../src/run/plan/approvable-plan.ts';

function consequencesOf(gate: Gate): string {
  return gate.kind === 'approval' ? gate.consequences.join('\n') : '';
}

function seenAt(gate: Gate): string {
  return gate.kind === 'failure' ? gate.seen : '';
}

describe('a run that is amended', () => {
  test('gives running machines the VIP link that is right, without another reset or bootstrap', async (t) => {
    const { lab, start, clusterFile } = await rehearse(t, { settings: 'timeouts: { verify: 10s }\n' });
    const rebuild = await start();
    await rebuild.approve();
    await lab.until(() => lab.journal.requests('w-1', 'Reset').length === 1);
    for (const name of ['cp-1', 'cp-2', 'cp-3']) lab.machine(name).renameLink('enp1s0');
    assert.match(seenAt(await rebuild.gate('verify')), /no control plane has .*: is end0 the right link\?/);

    await rebuild.answer('verify', 'amend');
    assert.match(seenAt(await rebuild.gate('verify')), /make the same cluster as before/);
    await edit(clusterFile, 'link: end0', 'link: enp1s0');
    await rebuild.answer('verify', 'amend');
    const gate = await rebuild.gate('approval/amendment-2');
    assert.match(consequencesOf(gate), /cp-1: its configuration changes[^]*diffs\/cp-1\.diff/);
    assert.doesNotMatch(consequencesOf(gate), /w-1/);
    await rebuild.approve('approval/amendment-2');
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.deepEqual(
      progress.approvals.map(({ gate: id, decision }) => `${id} ${decision}`),
      ['approval approve', 'approval/amendment-2 approve'],
    );
    for (const { name } of lab.machines) assert.equal(lab.journal.effects(name, 'wiped').length, 1, name);
    assert.equal(lab.journal.effects(undefined, 'bootstrapped').length, 1);
  });

  test('accepts a reflashed card with another serial once a person has seen old and new', async (t) => {
    const { lab, start, clusterFile } = await rehearse(t, { workers: 2 });
    const rebuild = await start();
    await rebuild.gate('approval');
    lab.machine('w-2').setTimings({ boot: 600_000 });
    await rebuild.approve();
    await lab.until(() => lab.journal.effects('w-2', 'wiped').length === 1);
    lab.machine('w-2').powerOff();
    lab.machine('w-2').swapIdentity({ diskSerial: 'NEWCARD' });
    lab.machine('w-2').setTimings({ boot: 1000 });
    lab.machine('w-2').reflash();
    assert.match(seenAt(await rebuild.gate('reset/w-2')), /another machine answers[^]*NEWCARD/);
    assert.deepEqual(lab.journal.requests('w-2', 'ApplyConfiguration'), []);

    await edit(clusterFile, 'kubernetes: { version: 1.36.0 }', 'kubernetes: { version: 1.36.0 } # looked at');
    await rebuild.answer('reset/w-2', 'amend');
    const gate = await rebuild.gate('approval/amendment-1');
    assert.match(consequencesOf(gate), /w-2: another machine is accepted under this name: system disk .*NEWCARD/);
    await rebuild.approve('approval/amendment-1');
    const progress = await rebuild.result();
    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.equal(lab.journal.effects('w-2', 'wiped').length, 1);
  });

  test('leaves everything as it is when the amendment is rejected or asks for what cannot change', async (t) => {
    const { lab, start, clusterFile, folder } = await rehearse(t, { settings: 'timeouts: { verify: 5s }\n' });
    const rebuild = await start();
    await rebuild.approve();
    await lab.until(() => lab.journal.requests('w-1', 'Reset').length === 1);
    for (const name of ['cp-1', 'cp-2', 'cp-3']) lab.machine(name).renameLink('enp1s0');
    await rebuild.gate('verify');
    const { set: newSet } = asRebuildPlan((await rebuild.progress()).plan)?.plan ?? {};
    const configuration = path.join(folder.sets, newSet ?? '', 'nodes', 'cp-1.yaml');
    const before = await readFile(configuration, 'utf8');

    await edit(clusterFile, 'role: worker', 'role: controlplane');
    await rebuild.answer('verify', 'amend');
    assert.match(seenAt(await rebuild.gate('verify')), /w-1: is worker and cannot become controlplane/);
    await edit(clusterFile, 'name: w-1, role: controlplane', 'name: w-1, role: worker');
    await edit(clusterFile, 'link: end0', 'link: enp1s0');
    await rebuild.answer('verify', 'amend');
    await rebuild.reject('approval/amendment-2');
    assert.match(seenAt(await rebuild.gate('verify')), /Amendment 2 was not approved \(reject by test\)/);
    assert.equal(await readFile(configuration, 'utf8'), before);
    assert.match(lab.machine('cp-1').inspect().configuration ?? '', /link: end0/);
    await rebuild.answer('verify', 'abort');
    assert.equal((await rebuild.result()).outcome, 'aborted');
  });

  test('moves the bootstrap from a control plane that died before it', async (t) => {
    const { lab, start, clusterFile } = await rehearse(t, {
      settings: 'bootstrapNode: cp-1\ntimeouts: { bootstrap: 5s, reset: 20s, apply: 20s }\n',
    });
    const rebuild = await start();
    await rebuild.approve();
    lab.faults.inject({
      machine: 'cp-1',
      method: 'Bootstrap',
      phase: 'before',
      action: { refuse: { code: 14, message: 'away' } },
    });
    await rebuild.gate('bootstrap');
    lab.machine('cp-1').powerOff();
    await edit(clusterFile, 'bootstrapNode: cp-1', 'bootstrapNode: cp-2');
    await rebuild.answer('bootstrap', 'amend');
    const gate = await rebuild.gate('approval/amendment-1');
    assert.match(consequencesOf(gate), /The bootstrap goes to cp-2 instead of cp-1[^]*powered off/);
    await rebuild.approve('approval/amendment-1');
    await lab.until(() => lab.journal.effects('cp-2', 'bootstrapped').length === 1);
    lab.faults.clear();
    lab.machine('cp-1').powerOn();
    const progress = await rebuild.result();

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.equal(progress.bootstrapNode, 'cp-2');
    assert.equal(lab.journal.effects(undefined, 'bootstrapped').length, 1);
  });
});
