import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { startActivityLab } from './activity-lab.ts';
import type { ActivityLab } from './activity-lab.ts';
import { isFailure } from './attempt.ts';
import { runTalosctl } from '../drawn-secrets.ts';

// A reset goes out with the talosconfig of the set under which the machine runs, so nothing
// that is rebuilt can be wiped.
describe('a reset', () => {
  test('is refused to a machine of a foreign cluster, which gets nothing', async (t) => {
    const lab = await startActivityLab(t);
    await lab.takeOver('cp-1');

    await assert.rejects(
      lab.carryOut('resetNode', lab.way('cp-1')),
      isFailure('ForeignCluster', /^cp-1: .* belongs to a cluster that this folder does not know\. Nothing was sent/),
    );
    assert.deepEqual(lab.requests('cp-1', 'Reset'), []);
  });

  test('is not sent to a machine that runs the new cluster', async (t) => {
    const lab = await startActivityLab(t);
    await rebuild(lab, 'cp-1');
    await lab.carryOut('resetNode', lab.way('cp-1'));

    assert.equal(lab.requests('cp-1', 'Reset').length, 1);
    assert.equal(lab.machine('cp-1').inspect().api, 'configured');
  });

  test('that is delivered late is refused by a machine that was rebuilt', async (t) => {
    const lab = await startActivityLab(t);
    await rebuild(lab, 'cp-1');
    const { address } = lab.machine('cp-1');
    const talosconfig = path.join(lab.folder.sets, '2025-01-01', 'talosconfig');
    const to = ['--talosconfig', talosconfig, '-e', address, '-n', address];
    const wipe = ['--graceful=false', '--reboot', '--wait=false', '--system-labels-to-wipe', 'STATE,EPHEMERAL'];

    await assert.rejects(runTalosctl('reset', ...wipe, ...to), /x509|certificate/);
    assert.equal(lab.requests('cp-1', 'Reset').length, 1);
    assert.equal(lab.effects('cp-1', 'wiped'), 1);
  });

  test('is not sent to a machine that runs under another set than planned', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'new' });
    const { node, ...rest } = lab.way('cp-1');
    const from = '2025-01-01';
    const input = { ...rest, from, to: '2027-01-01', node: { ...node, reset: 'wipe', runsUnder: from } } as const;

    await assert.rejects(
      lab.carryOut('resetNode', input),
      isFailure(
        'UnexpectedCondition',
        /^cp-1: planned running under set 2025-01-01, but it is running .*Nothing was sent/,
      ),
    );
    assert.deepEqual(lab.requests('cp-1', 'Reset'), []);
  });

  test('is not sent to a machine that is to keep what it has', async (t) => {
    const lab = await startActivityLab(t);
    const { node, ...rest } = lab.way('cp-1');
    const input = { ...rest, node: { ...node, reset: 'none' } } as const;

    await assert.rejects(lab.carryOut('resetNode', input), isFailure('UnexpectedCondition', /Nothing was sent/));
    assert.deepEqual(lab.requests('cp-1', 'Reset'), []);
  });

  describe('with `secrets: keep`', () => {
    test('is not sent to a machine that was seen in maintenance mode since the run began', async (t) => {
      const lab = await startActivityLab(t, { secrets: 'keep' });
      await rebuild(lab, 'cp-1');
      await lab.carryOut('resetNode', lab.way('cp-1'));
      assert.equal(lab.requests('cp-1', 'Reset').length, 1);

      // Nothing but the record tells: without it the machine looks as it did before.
      await lab.changeRecord(({ nodes }) => void delete nodes['cp-1']);
      await lab.carryOut('resetNode', lab.way('cp-1'));
      assert.equal(lab.requests('cp-1', 'Reset').length, 2);
    });

    test('is not taken for done when the old set is gone, so that old and new cannot be told apart', async (t) => {
      const lab = await startActivityLab(t, { secrets: 'keep' });
      await rm(path.join(lab.folder.sets, '2025-01-01'), { recursive: true });

      await assert.rejects(
        lab.carryOut('resetNode', lab.way('cp-1')),
        isFailure('FilesDamaged', /^cp-1: comes from set 2025-01-01, which is not .*Nothing was sent/),
      );
      assert.deepEqual(lab.requests('cp-1', 'Reset'), []);
    });

    test('is sent once, though the worker died before it heard the answer', async (t) => {
      const lab = await startActivityLab(t, { secrets: 'keep' });
      const first = lab.begin('resetNode', lab.way('cp-1'));
      await lab.endAfter(first, 'cp-1', 'Reset');
      await lab.carryOut('resetNode', lab.way('cp-1'), { after: first });

      assert.equal(lab.requests('cp-1', 'Reset').length, 1);
    });
  });
});

/** Resets a machine and gives it its new configuration. */
async function rebuild(lab: ActivityLab, name: string): Promise<void> {
  await lab.carryOut('resetNode', lab.way(name));
  await lab.carryOut('applyConfiguration', lab.way(name));
  await lab.carryOut('awaitNewCluster', lab.way(name));
}
