import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { createActivities } from '../../src/activities/index.ts';
import { setNamed } from '../../src/cluster/sets.ts';
import { notificationOf } from '../../src/run/words/notification.ts';
import type { Progress } from '../../src/run/progress.ts';
import { startActivityLab } from './activity-lab.ts';
import type { ActivityLab } from './activity-lab.ts';
import { secretsOf } from '../drawn-secrets.ts';
import { leaksIn, secretsBelow, secretsIn, textsBelow } from './leaks.ts';
import type { Secret } from './leaks.ts';

/** What users put into patches for other systems. */
const password = 'Zk9-planted-in-a-patch-7Qw';
const patch = `machine: { env: { REGISTRY_PASSWORD: ${password} } }\n`;

const grpc = { InvalidArgument: 3, Unimplemented: 12, Unknown: 2 };

describe('no secret leaves the worker', () => {
  test('in heartbeats, results, failures, the plan, its differences or the report of any activity', async (t) => {
    const lab = await startActivityLab(t, {
      nodes: ['cp-1', 'w-1'],
      timeout: '20s',
      files: { 'patch.yaml': patch },
      settings:
        "patches: { all: [patch.yaml] }\nafterBootstrap: { commands: [[sh, -c, 'cat $KUBECONFIG; exit 3']] }\nnotify: [{ command: [sh, -c, 'cat patch.yaml >&2; exit 4'] }]",
    });
    const { plan, whole } = lab;
    await lab.carryOut('checkPreconditions', { run: lab.run });
    await lab.carryOut('backUp', whole);
    const confirming = { run: lab.run, digest: lab.approvable.digest, approvedRunId: 'run-1' };
    await lab.carryOut('confirmApproval', confirming, { workflowRunId: 'run-1' });

    await failingWith(lab, 'Reset', grpc.Unknown, 'cp-1', 'resetNode');
    for (const { name } of plan.nodes) await lab.carryOut('resetNode', lab.way(name));
    await failingWith(lab, 'ApplyConfiguration', grpc.InvalidArgument, 'cp-1', 'applyConfiguration');
    for (const { name } of plan.nodes) await lab.carryOut('applyConfiguration', lab.way(name));
    const node = await lab.carryOut('chooseBootstrapNode', whole);
    await failingWith(lab, 'Bootstrap', grpc.Unimplemented, 'cp-1', 'bootstrapNode');
    await lab.carryOut('bootstrapNode', { ...whole, node });
    for (const { name } of plan.nodes) await lab.carryOut('awaitNewCluster', lab.way(name));
    await assert.rejects(lab.carryOut('installPodNetwork', whole), /exit code 3/);
    await lab.carryOut('verifyCluster', whole);
    await assert.rejects(lab.carryOut('drillFailover', lab.drill), /Nothing was rebooted/);
    await writeFile(
      path.join(path.dirname(lab.clusterFile), 'patch.yaml'),
      patch.replace('env: {', 'env: { MORE: more,'),
    );
    const draft = await lab.carryOut('draftAmendment', { ...whole, number: 1 });
    await lab.carryOut('adoptAmendment', { run: lab.run, number: 1, digest: draft.digest });
    const [amended] = draft.plan.nodes;
    assert.ok(amended);
    await lab.carryOut('applyInPlace', { ...lab.way(amended.name), node: amended, isAmended: true });
    await lab.carryOut('finalize', whole);
    const evidence = { run: lab.run, phase: 'verify' as const, at: '2026-01-01T00:00:00.000Z', nodes: ['cp-1', 'w-1'] };
    await lab.carryOut('collectEvidence', evidence);
    const notification = notificationOf({ event: 'end' }, progressOf(lab));
    assert.match((await lab.carryOut('notify', { run: lab.run, notification })).join(), /ended with exit code 4/);
    await lab.carryOut('writeReport', { run: lab.run, progress: progressOf(lab) });
    await lab.carryOut('restoreNode', { ...whole, node: 'w-1' }).catch(() => undefined);

    const told = lab.told.map((text, index) => ({ file: `told ${index}`, text }));
    for (const name of Object.keys(createActivities({ folder: lab.folder, talosctl: () => Promise.reject() })))
      assert.ok(
        told.some(({ text }) => text.startsWith(`${name}: `)),
        `${name} was not carried out`,
      );
    for (const name of ['applyConfiguration', 'bootstrapNode'])
      assert.ok(
        told.some(({ text }) => text.startsWith(name) && /unknown key in document: token: <redacted/.test(text)),
        `${name} did not say what the machine said`,
      );
    const files = (await textsBelow(lab.runPath)).filter(
      ({ file }) => !/\/files\//.test(file.slice(lab.runPath.length)),
    );
    for (const wanted of ['plan.json', 'run.json', 'diffs/cp-1.diff', 'report.md', 'report.json'])
      assert.ok(
        files.some(({ file }) => file === path.join(lab.runPath, wanted)),
        wanted,
      );

    const secrets = [...(await secretsBelow(lab.folder.path)), { place: 'patch.yaml', fragments: [password] }];
    assert.ok(secrets.length > 60, `only ${secrets.length} secrets to look for`);
    for (const { file, text } of [...told, ...files]) assert.deepEqual(leaksIn(text, secrets), [], `${file}: ${text}`);
    await assertSearchFinds(lab, secrets);
  });
});

/** Lets a machine refuse a request with words that quote a secret, as a program's error about its input may. */
async function failingWith(
  lab: ActivityLab,
  method: string,
  code: number,
  name: string,
  activity: 'resetNode' | 'applyConfiguration' | 'bootstrapNode',
): Promise<void> {
  const { certs, trustdinfo } = parse(await secretsOf('new')) as {
    certs: { os: { key: string } };
    trustdinfo: { token: string };
  };
  const message = `unknown key in document: token: ${trustdinfo.token}, near "${certs.os.key}"`;
  const end = lab.lab.faults.inject({ machine: name, method, phase: 'before', action: { refuse: { code, message } } });
  const failed =
    activity === 'bootstrapNode'
      ? lab.begin(activity, { ...lab.whole, node: name })
      : lab.begin(activity, lab.way(name));
  await lab.until(() => lab.requests(name, method).length > 0);
  // Where the words prove nothing, the activity goes on by what it sees; then what it said so far is enough.
  const isOver = await Promise.race([
    failed.result.then(
      () => true,
      () => true,
    ),
    pause(2000),
  ]);
  if (!isOver) await failed.end();
  end();
}

/** What was searched for is found where it belongs, and in every form in which it could have got out. */
async function assertSearchFinds(lab: ActivityLab, secrets: readonly Secret[]): Promise<void> {
  const set = setNamed(lab.folder, lab.plan.set);
  for (const file of [set.secrets, set.talosconfig, set.kubeconfig, lab.configurationFile('cp-1')]) {
    const text = await readFile(file, 'utf8');
    for (const { place } of secretsIn(file, text)) assert.ok(leaksIn(text, secrets).includes(place), place);
    assert.notDeepEqual(leaksIn(text, secrets), []);
    const base64 = Buffer.from(`x${text}`).toString('base64');
    assert.notDeepEqual(leaksIn(base64, secrets), [], 'in base64');
    assert.notDeepEqual(leaksIn(Buffer.from(`xy${base64}`).toString('base64'), secrets), [], 'in base64 of base64');
    assert.notDeepEqual(leaksIn(JSON.stringify({ text }), secrets), [], 'in JSON');
  }
  assert.deepEqual(leaksIn(`failed: ${password}`, secrets), ['patch.yaml']);
}

function progressOf({ approvable, runPath }: ActivityLab): Progress {
  const at = '2026-01-01T00:00:00.000Z';
  const rest = { phases: [], nodes: [], gates: [], approvals: [], findings: [], remarks: [] };
  const { plan } = approvable;
  return {
    version: 1,
    operation: 'rebuild',
    onlyPlan: false,
    cluster: plan.cluster,
    workflowId: 'talos/home',
    runId: 'run-1',
    requestedBy: 'test',
    startedAt: at,
    outcome: 'rebuilt',
    folder: runPath,
    plan: approvable,
    ...rest,
  };
}

function pause(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, ms, false));
}
