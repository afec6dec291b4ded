import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NativeConnection } from '@temporalio/worker';
import { readRun } from '../../../src/cli/runs/read-run.ts';
import type { RunLook } from '../../../src/cli/runs/read-run.ts';
import { taskFailuresIn } from '../../../src/cli/runs/task-failures.ts';
import { workflowIdOf } from '../../../src/run/request.ts';
import { connectClient } from '../../../src/temporal/connection.ts';
import { createWorker } from '../../../src/temporal/worker.ts';
import { bundleWorkflows } from '../../../src/temporal/workflow-bundle.ts';
import { settingsOf, startServer } from '../../temporal/server.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { runCommand } from '../run-command.ts';

const failed = {
  eventType: 9,
  eventTime: { seconds: 1_800_000_000 },
  workflowTaskFailedEventAttributes: { failure: { message: 'x is not a function' } },
};

describe('taskFailuresIn', () => {
  test('tells the reason and the time of the first failure, and which attempt is under way', () => {
    assert.deepEqual(taskFailuresIn([{ eventType: 5 }, failed, { eventType: 7 }], 4), {
      attempt: 4,
      message: 'x is not a function',
      since: '2027-01-15T08:00:00.000Z',
    });
  });

  test('makes nothing of a first attempt, of a task that a killed worker left, and of a failure that is over', () => {
    assert.equal(taskFailuresIn([failed], 1), undefined);
    assert.equal(taskFailuresIn([{ eventType: 8 }, failed], 2), undefined);
    assert.equal(taskFailuresIn([{ eventType: 7 }, failed], 2), undefined);
    assert.equal(taskFailuresIn([], 2), undefined);
  });
});

describe('status of a run whose workflow has a defect', () => {
  test('says that it is stuck and why, not that it runs or that no worker is there', { timeout: 60_000 }, async (t) => {
    const undo: (() => unknown)[] = [];
    t.after(async () => {
      for (const step of undo.toReversed()) await step();
    });
    const later = { after: (step: () => unknown) => void undo.push(step) };
    const folder = await temporaryFolder(later);
    const server = await startServer(later, { folder });
    const temporal = await connectClient(settingsOf(server));
    undo.push(() => temporal.close());
    const connection = await NativeConnection.connect({ address: server.address });
    undo.push(() => connection.close());
    const code = await bundleWorkflows(fileURLToPath(new URL('broken-workflows.ts', import.meta.url)));
    const taskQueue = 'broken';
    const { namespace, client } = temporal;
    const worker = await createWorker({ connection, namespace, taskQueue, activities: {}, bundle: { code } });
    const working = worker.run();
    undo.push(async () => {
      worker.shutdown();
      await working;
    });
    const workflowId = workflowIdOf('home');
    const handle = await client.workflow.start('rebuildCluster', { workflowId, taskQueue });
    undo.push(() => handle.terminate());

    let look: RunLook;
    do {
      await sleep(100);
      look = await readRun(client, 'home');
    } while (look.kind !== 'no worker' || look.taskFailures === undefined);
    assert.match(look.taskFailures.message, /cannot read properties of undefined/);

    const env = {
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_CONFIG_FILE: path.join(folder, 'none.toml'),
      XDG_DATA_HOME: folder,
    };
    Object.assign(process.env, env);
    const { code: exitCode, stdout } = await runCommand(['status', '--name', 'home']);
    assert.equal(exitCode, 1);
    assert.match(stdout, /STUCK: the workflow's own code fails.*attempt \d+: .*cannot read properties of undefined/);
    assert.doesNotMatch(stdout, /No worker answers/);
    const json = JSON.parse((await runCommand(['status', '--name', 'home', '--json'])).stdout) as {
      unanswered: string;
    };
    assert.equal(json.unanswered, 'workflow code fails');
  });
});
