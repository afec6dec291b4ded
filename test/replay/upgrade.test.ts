import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nodeWorkflowIdOf } from '../../src/run/request.ts';
import { rehearse } from '../rebuild/rehearsal.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { twoMachines } from './recorded-path.ts';
import { bundleVariant } from './variant.ts';
import type { SourceChange } from './variant.ts';
import { startVersion } from './worker-of-version.ts';

describe('a rebuild whose worker is replaced by a newer version while it waits for its approval', () => {
  test('ends well by it: what was done stays as it was, and what the version adds counts from there on', async (t) => {
    const code = await bundleVariant(await temporaryFolder(t), [
      ...before('consent.ts', /const \{ digest \} = approvable;/, `if (patched('what is past')) ${lookAgain}`),
      ...before('rebuild-cluster.ts', /await resetCanary\(/, `if (patched('what is to come')) ${lookAgain}`),
    ]);
    const rehearsal = await rehearse(t, twoMachines);
    const { lab, client, cluster } = rehearsal;
    const rebuild = await rehearsal.start();
    await rebuild.gate('approval');
    await rehearsal.stopWorker();
    const stop = await startVersion(rehearsal, code);
    try {
      await rebuild.approve();
      const progress = await rebuild.result();
      assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    } finally {
      await stop();
    }
    const { events } = await rebuild.handle.fetchHistory();
    const done = (events ?? []).map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
    assert.equal(done.filter((name) => name === 'checkPreconditions').length, 2, 'one look was before, one is new');
    for (const name of ['w-1', 'cp-1']) {
      assert.equal(lab.journal.effects(name, 'wiped').length, 1, name);
      assert.equal(lab.journal.effects(name, 'applied').length, 1, name);
      const { status } = await client.workflow.getHandle(nodeWorkflowIdOf(cluster, name)).describe();
      assert.equal(status.name, 'COMPLETED', name);
    }
  });
});

const lookAgain = "await doing('Look once more').checkPreconditions({ run: reference });";

/** A line more, before one that there is, in a file that may call `patched` from then on. */
function before(file: string, from: RegExp, line: string): SourceChange[] {
  return [
    { file, from: /import \{ doing \}/, to: "import { patched } from '@temporalio/workflow';\n$&" },
    { file, from, to: `${line}\n$&` },
  ];
}
