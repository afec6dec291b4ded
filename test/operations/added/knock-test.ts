import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { renderPlanned } from '../../src/cli/plan.ts';
import { followRun } from '../../src/cli/runs/follow-run.ts';
import { startRun } from '../../src/cli/runs/start-run.ts';
import { paintFor } from '../../src/cli/screen/paint.ts';
import type { View } from '../../src/cli/screen/view.ts';
import { readRunRecord } from '../../src/cluster/run-record.ts';
import type { RequestOf } from '../../src/run/request.ts';
import { runCommand } from '../cli/run-command.ts';
import { rehearse } from '../rebuild/rehearsal.ts';
import { temporaryFolder } from '../temporary-folder.ts';

test('an operation that the project did not know yesterday', async (t) => {
  const { client, cluster, clusterFile, folder, lab, address } = await rehearse(t, { controlPlanes: 1, workers: 1 });
  Object.assign(process.env, {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml',
    XDG_DATA_HOME: await temporaryFolder(t),
  });
  const temporal = { client, namespace: 'default', address, close: async () => undefined };
  const invocation = { program: 'talos-rebuild', target: `--name ${cluster}` };
  const view: View = { width: 100, paint: paintFor(process.stdout), now: new Date(), invocation };
  const begin = async (more: Partial<RequestOf<'knock'>>) => {
    const request = { operation: 'knock', clusterFile, cluster, node: 'w-1', requestedBy: 'test', ...more } as const;
    const definition = { name: cluster, folder: folder.path, nodes: [] };
    const { runId } = await startRun(temporal, definition, request, invocation);
    const signal = AbortSignal.any([]);
    const look = await followRun({ client, cluster, runId, until: 'question', signal, show: () => undefined });
    assert.ok(look?.kind === 'seen');
    return look;
  };

  const planned = await begin({ onlyPlan: true });
  assert.equal(planned.progress.outcome, 'planned', planned.progress.verdict);
  assert.match(renderPlanned(planned, view).join('\n'), /What it means\n  - w-1 is knocked at\.[^]*Digest  sha256:/);

  const waiting = await begin({});
  const [gate] = waiting.progress.gates;
  assert.ok(gate?.kind === 'approval');
  assert.equal(gate.title, `Approve the knock of w-1 of ${cluster}`);
  assert.match((await runCommand(['status', '--name', cluster])).stdout, /knock,[^]*Listen/);
  const approved = await runCommand(['approve', '--digest', gate.digest, '--name', cluster]);
  assert.equal(approved.code, 0, approved.stderr);
  const watched = await runCommand(['watch', '--name', cluster]);
  assert.equal(watched.code, 0, watched.stderr);
  assert.match(watched.stdout, /It answered\.\n +w-1 answered\./);

  const { stdout } = await runCommand(['list']);
  assert.match(stdout, new RegExp(`${cluster} +knock .*answered`));
  assert.match(stdout, new RegExp(`${cluster} +plan of a knock .*planned`));
  const { runId } = waiting.progress;
  const result = await client.workflow.getHandle(waiting.progress.workflowId, runId).result();
  assert.match(
    await readFile(path.join(result.folder, 'report.md'), 'utf8'),
    /^# Knock of .*: answered\n[^]*\| Knock \| done/,
  );
  assert.equal((await readRunRecord(result.folder)).operation, 'knock');
  assert.deepEqual(lab.journal.effects(undefined, 'wiped'), []);
});
