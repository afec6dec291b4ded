import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setNamed } from '../../src/cluster/sets.ts';
import { startActivityLab } from '../activities/activity-lab.ts';
import { isFailure } from '../activities/attempt.ts';
import { secretsOf } from '../drawn-secrets.ts';
import { watchForHarm } from './harm.ts';

describe('an approval', () => {
  test('is void when the new secrets were replaced since, and holds again with the approved ones', async (t) => {
    const lab = await startActivityLab(t);
    const assertUnharmed = watchForHarm(lab.lab);
    const input = { run: lab.run, digest: lab.approvable.digest, approvedRunId: 'run-1' };
    const confirm = () => lab.carryOut('confirmApproval', input, { workflowRunId: 'run-1' });
    await confirm();
    const { secrets } = setNamed(lab.folder, lab.plan.set);
    const approved = await readFile(secrets);
    await writeFile(secrets, await secretsOf('foreign'));
    await assert.rejects(
      confirm(),
      isFailure(
        'PlanChanged',
        /^The approval is void, .*secrets\.yaml of the new set was changed.*No machine was reset/,
      ),
    );
    await writeFile(secrets, approved);
    await confirm();
    assertUnharmed('cp-1');
  });
});
