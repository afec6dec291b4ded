import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { configurationOf, setNamed } from '../../src/cluster/sets.ts';
import type { ActivityLab } from './activity-lab.ts';
import { startActivityLab } from './activity-lab.ts';

const settings = 'patches: { all: [patch.yaml] }\n';
const patch = (value: number): string => `machine: { sysctls: { vm.swappiness: "${value}" } }\n`;

function labWithPatch(t: Parameters<typeof startActivityLab>[0], cluster: 'old' | 'new' = 'old'): Promise<ActivityLab> {
  return startActivityLab(t, { settings, files: { 'patch.yaml': patch(1) }, cluster, timeout: '20s' });
}

async function changePatch(lab: ActivityLab, value: number): Promise<void> {
  await writeFile(path.join(path.dirname(lab.clusterFile), 'patch.yaml'), patch(value));
}

describe('an amendment', () => {
  test('changes nothing until it is approved, and is the same however often it is drafted', async (t) => {
    const lab = await labWithPatch(t);
    const { run, plan, folder } = lab;
    const before = await readFile(lab.configurationFile('cp-1'), 'utf8');
    await changePatch(lab, 2);
    const draft = await lab.carryOut('draftAmendment', { run, plan, number: 1 });
    assert.deepEqual(draft, await lab.carryOut('draftAmendment', { run, plan, number: 1 }));
    assert.notEqual(draft.digest, lab.approvable.digest);
    assert.match(draft.consequences.join('\n'), /^cp-1: its configuration changes/);
    const diff = await readFile(path.join(lab.runPath, draft.diffs['cp-1'] ?? ''), 'utf8');
    assert.match(diff, /-.*vm\.swappiness.*1[^]*\+.*vm\.swappiness.*2/);
    assert.equal(await readFile(lab.configurationFile('cp-1'), 'utf8'), before);
    assert.equal((await lab.record()).amendment, undefined);
    assert.deepEqual(lab.requests('cp-1', 'ApplyConfiguration'), []);

    await assert.rejects(lab.carryOut('adoptAmendment', { run, number: 1, digest: lab.approvable.digest }), {
      type: 'PlanChanged',
    });
    const drafted = path.join(setNamed(folder, plan.set).path, 'amendments', '1', 'nodes', 'cp-1.yaml');
    await writeFile(drafted, `${await readFile(drafted, 'utf8')}# touched\n`);
    await assert.rejects(lab.carryOut('adoptAmendment', { run, number: 1, digest: draft.digest }), {
      type: 'PlanChanged',
      message: /configuration of cp-1 was changed/,
    });
    assert.equal(await readFile(lab.configurationFile('cp-1'), 'utf8'), before);
  });

  test('is taken up whole, however often, and the former configurations are kept', async (t) => {
    const lab = await labWithPatch(t);
    const { run, plan, folder } = lab;
    const before = await readFile(lab.configurationFile('cp-1'), 'utf8');
    await changePatch(lab, 2);
    const { digest } = await lab.carryOut('draftAmendment', { run, plan, number: 1 });
    await lab.carryOut('adoptAmendment', { run, number: 1, digest });
    await lab.carryOut('adoptAmendment', { run, number: 1, digest });
    const set = setNamed(folder, plan.set);
    assert.match(await readFile(configurationOf(set, 'cp-1'), 'utf8'), /vm\.swappiness: "2"/);
    assert.equal(await readFile(path.join(set.path, 'amendments', '1', 'former', 'cp-1.yaml'), 'utf8'), before);
    assert.deepEqual([(await lab.record()).amendment, (await lab.record()).planDigest], [1, digest]);
  });

  test('reaches a machine that runs already in place, once, and no other machine at its address', async (t) => {
    const lab = await labWithPatch(t);
    const { run, plan } = lab;
    for (const activity of ['resetNode', 'applyConfiguration', 'awaitNewCluster'] as const)
      await lab.carryOut(activity, lab.way('cp-1'));
    await changePatch(lab, 2);
    const draft = await lab.carryOut('draftAmendment', { run, plan, number: 1 });
    await lab.carryOut('adoptAmendment', { run, number: 1, digest: draft.digest });
    const [node] = draft.plan.nodes;
    assert.ok(node);
    const input = { ...lab.way('cp-1'), node, isAmended: true };
    const sent = lab.requests('cp-1', 'ApplyConfiguration').length;

    lab.machine('cp-1').swapIdentity({ serial: 'OTHER-0001' });
    await assert.rejects(lab.carryOut('applyInPlace', input), { type: 'WrongMachine' });
    assert.equal(lab.requests('cp-1', 'ApplyConfiguration').length, sent);
    lab.machine('cp-1').swapIdentity({ serial: node.identity.serial });
    await assert.rejects(lab.carryOut('applyInPlace', lab.way('cp-1')), { type: 'FilesDamaged' });
    await lab.carryOut('applyInPlace', input);
    await lab.carryOut('applyInPlace', input);
    assert.equal(lab.requests('cp-1', 'ApplyConfiguration').length, sent + 1);
    assert.match(lab.machine('cp-1').inspect().configuration ?? '', /vm\.swappiness: "2"/);
    assert.equal(lab.effects('cp-1', 'wiped'), 1);
  });

  test('moves the bootstrap once, however often it is taken up', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2'], cluster: 'none', timeout: '20s' });
    const { run, plan } = lab;
    await lab.carryOut('applyConfiguration', lab.way('cp-1'));
    await lab.carryOut('awaitNewCluster', lab.way('cp-1'));
    assert.equal(await lab.carryOut('chooseBootstrapNode', lab.whole), 'cp-1');
    lab.machine('cp-1').powerOff();
    await writeFile(lab.clusterFile, `${await readFile(lab.clusterFile, 'utf8')}\nbootstrapNode: cp-2\n`);
    const { digest } = await lab.carryOut('draftAmendment', { run, plan, number: 1 });
    await lab.carryOut('adoptAmendment', { run, number: 1, digest });
    const { bootstrap } = await lab.record();
    assert.equal(bootstrap?.node, 'cp-2');
    await lab.carryOut('adoptAmendment', { run, number: 1, digest });
    assert.deepEqual((await lab.record()).bootstrap, bootstrap);
  });

  test('cannot make another cluster of it', async (t) => {
    const lab = await labWithPatch(t);
    const { run, plan } = lab;
    const text = await readFile(lab.clusterFile, 'utf8');
    await writeFile(
      lab.clusterFile,
      text.replace('version: 1.36.0', 'version: 1.35.0').replace('secrets: new', 'secrets: keep'),
    );
    await assert.rejects(lab.carryOut('draftAmendment', { run, plan, number: 1 }), {
      type: 'AmendmentRefused',
      message: /`secrets` cannot change[^]*`kubernetes` cannot change/,
    });
    await writeFile(lab.clusterFile, `${text}\nfailover: { budget: 90s }\n`);
    const draft = await lab.carryOut('draftAmendment', { run, plan, number: 1 });
    assert.deepEqual(draft.consequences, ['Changed as well: `failover.budget` from 1 min to 1 min 30 s.']);
    assert.equal(draft.plan.failoverBudgetMs, 90_000);
    await writeFile(lab.clusterFile, text);
    await assert.rejects(lab.carryOut('draftAmendment', { run, plan, number: 1 }), {
      type: 'AmendmentRefused',
      message: /make the same cluster as before/,
    });
  });
});
