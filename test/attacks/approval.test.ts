import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { startRun } from '../../src/cli/runs/start-run.ts';
import { UserError } from '../../src/cli/user-error.ts';
import type { ApprovalGate } from '../../src/run/gates.ts';
import { approveSignal, decideUpdate, rejectSignal } from '../../src/workflows/messages.ts';
import { rehearse } from '../rebuild/rehearsal.ts';
import type { RunningRebuild } from '../rebuild/rehearsal.ts';
import { lastWorkflowTask, resetWorkflow } from '../rebuild/workflow-reset.ts';
import { watchForHarm } from './harm.ts';

const small = { controlPlanes: 1, workers: 1 };

/** What a decision on the open plan has to name, all of it. */
async function contentFor(rebuild: RunningRebuild): Promise<Content> {
  const gate = (await rebuild.gate('approval')) as ApprovalGate;
  const { runId } = await rebuild.progress();
  return { gate: gate.id, nonce: gate.nonce, digest: gate.digest, runId, by: 'test', reason: '' };
}

interface Content {
  readonly gate: string;
  readonly nonce: string;
  readonly digest: string;
  readonly runId: string;
  readonly by: string;
  readonly reason: string;
}

function refusedWith(words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof WorkflowUpdateFailedError, String(error));
    assert.match(error.cause?.message ?? '', words);
    return true;
  };
}

/** Resolves with the remarks as soon as one of them says this. */
async function remarked(rebuild: RunningRebuild, words: RegExp): Promise<void> {
  while (!(await rebuild.progress()).remarks.some(({ text }) => words.test(text))) await sleep(20);
}

describe('a plan that waits for approval', () => {
  test('is not approved by a stale digest, another run’s decision or an old question, and nothing else starts meanwhile', async (t) => {
    const rehearsal = await rehearse(t, small);
    const { lab, client, cluster, clusterFile, folder, start } = rehearsal;
    const assertUnharmed = watchForHarm(lab);
    const rebuild = await start();
    const content = await contentFor(rebuild);
    const attacks: readonly [Partial<Content>, RegExp][] = [
      [{ digest: `sha256:${'0'.repeat(64)}` }, /names the digest sha256:0+, this plan's is sha256:/],
      [{ nonce: '0198c0de-0000-7000-8000-00000000cafe' }, /was asked anew since; look at it again/],
      [{ gate: 'verify' }, /no open gate verify; open: approval/],
      [{ runId: 'another-run' }, /names run another-run, this is run .*Read the plan of this run/],
    ];
    for (const [change, words] of attacks) {
      const decision = { ...content, ...change, decision: 'approve' } as const;
      await assert.rejects(rebuild.handle.executeUpdate(decideUpdate, { args: [decision] }), refusedWith(words));
    }
    for (const [change, words] of attacks.slice(0, 3)) {
      await rebuild.handle.signal(approveSignal, { ...content, ...change });
      await remarked(rebuild, words);
    }
    assert.equal((await rebuild.gate('approval')).nonce, content.nonce);

    const temporal = { client, address: '', namespace: 'default', close: async () => undefined };
    const definition = { name: cluster, folder: folder.path, nodes: [] };
    const request = { clusterFile, cluster, operation: 'rebuild', requestedBy: 'somebody else' } as const;
    const invocation = { program: 'talos-rebuild', target: `--cluster ${clusterFile}` };
    await assert.rejects(startRun(temporal, definition, request, invocation), (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, /is under way already; nothing was started/);
      assert.ok(
        error.details.some((line) => line.includes(content.runId)),
        'it says which run',
      );
      assert.match(error.details.join('\n'), /Look at it with: talos-rebuild watch --cluster/);
      return true;
    });
    await assert.rejects(start(), /already started/i);

    // All of these refusals are about what differs: with everything right, the decision counts.
    await rebuild.reject();
    assert.equal((await rebuild.result()).outcome, 'rejected');

    await appendFile(clusterFile, 'failover: { budget: 90s }\n');
    const stale = await (await start({ expectedDigest: content.digest })).result();
    assert.equal(stale.outcome, 'refused');
    assert.match(stale.verdict ?? '', /^The plan is sha256:.*, not sha256:.* as asked for\. Nothing was touched/);
    const insisted = await start({ expectedDigest: stale.plan?.digest ?? '' });
    await insisted.reject();
    assert.equal((await insisted.result()).outcome, 'rejected');
    assertUnharmed('cp-1', 'w-1');
  });

  test('expires when nobody decides, also with the worker away, and a decision that waits for the worker beyond the deadline does not count', async (t) => {
    const { lab, start, stopWorker, startWorker, clusterFile } = await rehearse(t, {
      ...small,
      settings: 'approval: { expires: 8s, remindEvery: 3s }\n',
    });
    const assertUnharmed = watchForHarm(lab);
    const forgotten = await (await start()).result();
    assert.equal(forgotten.outcome, 'expired');
    assert.match(forgotten.verdict ?? '', /Nobody approved before the deadline\. Nothing was touched/);
    assert.ok(forgotten.remarks.some(({ text }) => /Still waiting for approval until/.test(text)));

    const rebuild = await start();
    const content = await contentFor(rebuild);
    const { deadline } = (await rebuild.gate('approval')) as ApprovalGate;
    await stopWorker();
    await rebuild.handle.signal(approveSignal, content);
    assert.ok(Date.now() < Date.parse(deadline), 'the decision is in time by every clock but the workflow’s');
    await sleep(Date.parse(deadline) - Date.now());
    await startWorker();
    const late = await rebuild.result();
    assert.equal(late.outcome, 'expired', late.verdict);
    assert.ok(late.remarks.some(({ text }) => /decision by test was refused: The approval expired at/.test(text)));

    // It is the deadline that decides: before it, a decision that waited for the worker counts.
    await appendFile(clusterFile, '# asked again\n');
    const inTime = await start();
    const again = await contentFor(inTime);
    await stopWorker();
    await inTime.handle.signal(rejectSignal, again);
    await startWorker();
    assert.equal((await inTime.result()).outcome, 'rejected');
    assertUnharmed('cp-1', 'w-1');
  });

  test('is asked again after a workflow reset that replays its approval, or refused before the first reset of a machine', async (t) => {
    const rehearsal = await rehearse(t, small);
    const { lab, start, current } = rehearsal;
    const assertUnharmed = watchForHarm(lab);
    const rebuild = await start();
    await rebuild.gate('approval');
    await rebuild.pause(); // so that the approved run stands still
    const asked = await lastWorkflowTask(rebuild);
    await rebuild.approve();
    const first = (await rebuild.progress()).runId;
    await resetWorkflow(rehearsal, first, asked);

    // The approval came as an update, whose validator sees that it names another run.
    const second = current();
    const content = await contentFor(second);
    assert.notEqual(content.runId, first);
    assert.deepEqual((await second.progress()).approvals, []);

    // A signal is only taken down; what it names is looked at right before the first reset.
    const askedAgain = await lastWorkflowTask(second);
    await second.handle.signal(approveSignal, content);
    while ((await second.progress()).approvals.length === 0) await sleep(20);
    await resetWorkflow(rehearsal, content.runId, askedAgain);
    const third = current();
    while ((await third.progress()).approvals.length === 0) await sleep(20);
    await third.resume();
    const progress = await third.result();
    assert.equal(progress.outcome, 'refused', progress.verdict);
    assert.match(progress.verdict ?? '', /^The approval is void, .*the approval is for run .*, this is run /);
    assert.match(progress.verdict ?? '', new RegExp(`for run ${content.runId}`));
    assertUnharmed('cp-1', 'w-1');
  });
});
