import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { startActivityLab } from '../activity-lab.ts';
import type { ActivityLab } from '../activity-lab.ts';
import { isFailure } from '../attempt.ts';

/** A run that was called off after its canary, a worker, had been backed up and reset. */
async function afterCanary(t: TestContext, timeout = '60s'): Promise<ActivityLab> {
  const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'], timeout });
  await lab.carryOut('backUp', lab.whole);
  await lab.carryOut('resetNode', lab.way('w-1'));
  return lab;
}

const restore = (lab: ActivityLab, node: string) => ({ ...lab.whole, node });

describe('restoreNode', () => {
  test('gives a machine that was reset the very configuration back that was saved from it', async (t) => {
    const lab = await afterCanary(t);
    await lab.carryOut('restoreNode', restore(lab, 'w-1'));

    const { backup = '' } = await lab.record();
    const saved = await readFile(path.join(lab.folder.backups, backup, 'nodes', 'w-1.yaml'), 'utf8');
    const { api, configuration } = lab.machine('w-1').inspect();
    assert.equal(api, 'configured');
    assert.equal(configuration, saved);
    assert.equal(lab.effects('w-1', 'wiped'), 1, 'the reset of the canary');
    assert.deepEqual(lab.requests('cp-1', 'ApplyConfiguration'), []);
  });

  test('does nothing to a machine that never left its cluster', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    await lab.carryOut('backUp', lab.whole);
    for (const node of ['w-1', 'cp-1']) await lab.carryOut('restoreNode', restore(lab, node));

    for (const node of ['w-1', 'cp-1']) {
      assert.deepEqual(lab.requests(node, 'ApplyConfiguration'), []);
      assert.deepEqual(lab.requests(node, 'Reset'), []);
    }
  });

  test('refuses another machine at the address, which gets neither configuration nor keys', async (t) => {
    const lab = await afterCanary(t);
    lab.machine('w-1').swapIdentity({ serial: 'OTHER-0001' });

    await assert.rejects(
      lab.carryOut('restoreNode', restore(lab, 'w-1')),
      isFailure('WrongMachine', /^w-1: another machine .*OTHER-0001/),
    );
    assert.deepEqual(lab.requests('w-1', 'ApplyConfiguration'), []);
  });

  test('has one effect, though it runs twice and the worker dies before it hears the first answer', async (t) => {
    const lab = await afterCanary(t);
    const first = lab.begin('restoreNode', restore(lab, 'w-1'));
    await lab.endAfter(first, 'w-1', 'ApplyConfiguration');
    await lab.carryOut('restoreNode', restore(lab, 'w-1'), { after: first });
    await lab.carryOut('restoreNode', restore(lab, 'w-1'));

    assert.equal(lab.effects('w-1', 'applied'), 1);
    assert.equal(lab.machine('w-1').inspect().api, 'configured');
  });

  test('asks a person when the reset neither ends nor lets the machine go', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'], timeout: '3s' });
    await lab.carryOut('backUp', lab.whole);
    lab.machine('w-1').setTimings({ stopPods: 10_000_000 });
    await assert.rejects(lab.carryOut('resetNode', lab.way('w-1')));

    await assert.rejects(
      lab.carryOut('restoreNode', restore(lab, 'w-1')),
      isFailure('NotYet', /^w-1: its reset is under way and does not end: after 6 s .*Look at its console/),
    );
    assert.deepEqual(lab.requests('w-1', 'ApplyConfiguration'), []);
    assert.equal(lab.requests('w-1', 'Reset').length, 1);
  });

  test('says that there is nothing to give back when the run has no backup, and sends nothing', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    await lab.carryOut('resetNode', lab.way('w-1'));

    await assert.rejects(
      lab.carryOut('restoreNode', restore(lab, 'w-1')),
      isFailure('FilesDamaged', /^w-1: was reset, but this run has no backup/),
    );
    assert.deepEqual(lab.requests('w-1', 'ApplyConfiguration'), []);
  });

  test('refuses to mix two clusters when the run was set back from beyond its point of no return', async (t) => {
    const lab = await afterCanary(t);
    await lab.carryOut('resetNode', lab.way('cp-1'));

    for (const node of ['w-1', 'cp-1']) {
      await assert.rejects(
        lab.carryOut('restoreNode', restore(lab, node)),
        isFailure(
          'UnexpectedCondition',
          /past its point of no return .* Nothing was sent to it\. Skip this, and start again/,
        ),
      );
      assert.deepEqual(lab.requests(node, 'ApplyConfiguration'), []);
    }
  });
});
