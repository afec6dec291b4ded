import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { readRunRecord } from '../../src/cluster/run-record.ts';
import { runTalosctl } from '../../src/talos/talosctl.ts';
import { installRuntime } from '../../src/temporal/runtime.ts';
import { talosctl } from '../talos/real-talosctl.ts';
import { rehearse } from '../rebuild/rehearsal.ts';
import type { RunningRebuild } from '../rebuild/rehearsal.ts';

describe('a run that was lost after its canary was wiped, with kept secrets', { timeout: 120_000 }, () => {
  installRuntime();
  test('is not gone on from while nobody can say what a machine runs, and is called off with everything given back', async (t) => {
    const rehearsal = await rehearse(t, { controlPlanes: 1, workers: 1, secrets: 'keep' });
    const { lab, folder } = rehearsal;
    const before = lab.machine('w-1').inspect().configuration;
    const lost = await rehearsal.start();
    await haltAt(lost, 'before reset');
    const record = await readRunRecord((await lost.progress()).folder ?? '');
    assert.notEqual(record.nodes['w-1']?.maintenanceSeenAt, undefined);
    await lost.handle.terminate('somebody tidied up');

    // Somebody else gives the canary what it had: the certificate is that of both clusters, and the
    // record says that it was wiped.
    const saved = path.join(folder.backups, record.backup ?? '', 'nodes', 'w-1.yaml');
    const { address } = lab.machine('w-1');
    await runTalosctl(talosctl, ['apply-config', '--insecure', '-n', address, '-f', saved], { timeoutMs: 30_000 });
    await lab.until(() => lab.machine('w-1').inspect().isNodeReady);

    const next = await rehearsal.start();
    const doubt = await next.gate('preflight');
    assert.ok(doubt.kind === 'failure');
    assert.match(doubt.seen, /w-1: nobody can say whether it runs the old or the new cluster/);
    assert.match(doubt.seen, /Bring it into maintenance mode yourself/);
    assert.equal(lab.journal.requests(undefined, 'Reset').length, 1, 'only the one of the canary');

    lab.machine('w-1').reflash();
    await lab.until(() => lab.machine('w-1').inspect().api === 'maintenance');
    await next.answer('preflight', 'retry');
    const approval = await next.gate('approval');
    assert.ok(approval.kind === 'approval');
    assert.match(approval.consequences[0] ?? '', /^Goes on from run .* did not end; .*maintenance mode: w-1/);
    await haltAt(next, 'before reset');
    await next.cancel();

    const { outcome, verdict } = await next.result();
    assert.equal(outcome, 'called off', verdict);
    await lab.until(() => lab.machine('w-1').inspect().isNodeReady);
    assert.equal(lab.machine('w-1').inspect().configuration, before);
    assert.deepEqual(lab.journal.effects('cp-1'), [], 'the control plane is untouched');
    assert.equal(lab.journal.requests(undefined, 'Reset').length, 1);

    const anew = await rehearsal.start();
    const begins = await anew.gate('approval');
    assert.doesNotMatch(begins.kind === 'approval' ? (begins.consequences[0] ?? '') : '', /Goes on/);
    await anew.reject();
  });
});

/** Lets a run go on to this safe point, where it stands still. */
async function haltAt(run: RunningRebuild, where: string): Promise<void> {
  await run.gate('approval');
  await run.pause();
  await run.approve();
  for (let at: string | undefined; at !== where; at = (await run.progress()).pause?.at) {
    if (at === undefined) await sleep(20);
    else {
      await run.resume();
      await run.pause();
    }
  }
}
