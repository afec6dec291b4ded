import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { digestOf } from '../../src/activities/plan/digest.ts';
import { planOf } from '../../src/activities/plan/make-plan.ts';
import { readRunCluster } from '../../src/cluster/run-copy.ts';
import type { ClusterDefinition, NodeDefinition } from '../../src/run/cluster-definition.ts';
import type { RebuildPlan, PlannedStorage } from '../../src/run/plan/plan.ts';
import type { ObservedNode } from '../../src/run/plan/observed.ts';
import { startActivityLab } from './activity-lab.ts';
import type { ActivityLab } from './activity-lab.ts';
import { isFailure } from './attempt.ts';

const patch = 'machine: { sysctls: { vm.swappiness: "1" } }\n';
const manifest = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: cni }\n';
const settings = 'patches: { all: [patch.yaml] }\nafterBootstrap: { manifests: [cni.yaml], commands: [[echo, hi]] }';

// To approve a digest is to approve exactly what it stands for: nothing else may have it, and nothing that does
// not matter may change it.
describe('a plan', () => {
  test('has the same digest when it is made again from the same files and machines', async (t) => {
    const lab = await startActivityLab(t, { files: { 'patch.yaml': patch, 'cni.yaml': manifest }, settings });
    const { digest } = lab.approvable;
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);

    const { address } = lab.machine('cp-1');
    lab.machine('cp-1').crash(); // another boot id
    await lab.until(() => lab.machine('cp-1').inspect().api === 'configured');
    const again = await planAnew(lab); // another folder, another talosconfig, another time
    assert.equal(again.digest, digest);
    assert.equal(again.plan.nodes[0]?.address, address);
  });

  test('is in the run’s folder as it was approved, with a redacted difference for each machine', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'], inMaintenance: ['w-1'] });
    const written = JSON.parse(await readFile(path.join(lab.runPath, 'plan.json'), 'utf8')) as RebuildPlan;
    assert.deepEqual(written, lab.approvable);
    assert.equal(digestOf(written.plan), written.digest);
    assert.equal((await lab.record()).planDigest, written.digest);

    const diff = await readFile(path.join(lab.runPath, written.diffs['cp-1'] ?? ''), 'utf8');
    assert.match(diff, /@@ Layer2VIPConfig .* @@/);
    assert.match(diff, /machine\.token: <secret changed>/);
    const resets = written.plan.nodes.map(({ name, reset, runsUnder }) => ({ name, reset, runsUnder }));
    assert.deepEqual(resets, [
      { name: 'cp-1', reset: 'wipe', runsUnder: '2025-01-01' },
      { name: 'w-1', reset: 'none', runsUnder: undefined },
    ]);
  });

  test('has another digest when a patch or a manifest says something else', async (t) => {
    const lab = await startActivityLab(t, { files: { 'patch.yaml': patch, 'cni.yaml': manifest }, settings });
    const base = path.dirname(lab.clusterFile);
    const digests = [lab.approvable.digest];
    await writeFile(path.join(base, 'patch.yaml'), patch.replace('"1"', '"2"'));
    digests.push((await planAnew(lab)).digest);
    await writeFile(path.join(base, 'cni.yaml'), manifest.replace('cni', 'cni2'));
    digests.push((await planAnew(lab)).digest);
    await writeFile(path.join(base, 'patch.yaml'), patch);
    await writeFile(path.join(base, 'cni.yaml'), manifest);
    digests.push((await planAnew(lab)).digest);

    assert.equal(new Set(digests).size, 3);
    assert.equal(digests[3], digests[0]);
  });

  test('has another digest for every single thing that decides the outcome', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'], files: { 'cni.yaml': manifest } });
    const { definition } = await readRunCluster(lab.runPath);
    const observed: ObservedNode[] = lab.plan.nodes.map(({ name, identity }) => ({
      name,
      identity,
      runsUnder: '2025-01-01',
    }));
    const digest = async (
      cluster: ClusterDefinition,
      seen: readonly ObservedNode[] = observed,
      configurations: Parameters<typeof planOf>[2] = lab.configurations,
      storage: Readonly<Record<string, PlannedStorage>> = {},
    ): Promise<string> => digestOf(await planOf(cluster, seen, configurations, storage));
    const { set, sha256, secretsSha256 } = lab.configurations;
    const identity = (change: object): ObservedNode[] =>
      observed.map((one, index) => (index === 0 ? { ...one, identity: { ...one.identity, ...change } } : one));
    const manifests = [path.join(path.dirname(lab.clusterFile), 'cni.yaml')];

    const disk = { devPath: '/dev/sda', sizeBytes: 1, model: '', serial: 'S1', transport: 'usb' };

    const changes: Record<string, Promise<string>> = {
      name: digest({ ...definition, name: 'other' }),
      endpoint: digest({ ...definition, endpoint: 'https://api.example.org:6443' }),
      'the VIP': digest({ ...definition, vip: { ...definition.vip, address: '127.0.0.99' } }),
      'the link of the VIP': digest({ ...definition, vip: { ...definition.vip, link: 'end1' } }),
      'the version of Talos': digest({ ...definition, talos: { version: 'v1.13.8' } }),
      'the version of Kubernetes': digest({ ...definition, kubernetes: { version: '1.36.1' } }),
      secrets: digest({ ...definition, secrets: 'keep' }),
      'the new set': digest(definition, observed, { set: '2027-01-01', sha256, secretsSha256 }),
      'the secrets of the new set': digest(definition, observed, { set, sha256, secretsSha256: 'another' }),
      'a complete configuration': digest(definition, observed, {
        set,
        secretsSha256,
        sha256: { ...sha256, 'w-1': 'another' },
      }),
      'the bootstrap node': digest({ ...definition, bootstrapNode: 'cp-1' }),
      'a manifest': digest({ ...definition, afterBootstrap: { manifests, commands: [] } }),
      'a command': digest({ ...definition, afterBootstrap: { manifests: [], commands: [['cilium', 'install']] } }),
      'the failover budget': digest({ ...definition, failover: { budgetMs: 1 } }),
      'the time for an approval': digest({ ...definition, approval: { ...definition.approval, expiresMs: 1 } }),
      'an address': digest(withNode(definition, { address: '127.0.0.98' })),
      'an address in maintenance mode': digest(withNode(definition, { maintenanceAddress: '127.0.0.98' })),
      'the name of a node': digest(
        withNode(definition, { name: 'cp-9' }),
        observed.map((one, index) => (index === 0 ? { ...one, name: 'cp-9' } : one)),
        { set, secretsSha256, sha256: { ...sha256, 'cp-9': sha256['cp-1'] ?? '' } },
      ),
      'the role of a node': digest(withNode(definition, { role: 'worker' })),
      'the link of a node': digest(withNode(definition, { link: 'end1' })),
      'the timeout of a node': digest(withNode(definition, { timeouts: { ...definition.timeouts, resetMs: 1 } })),
      'a node more': digest({ ...definition, nodes: definition.nodes.slice(0, 1) }),
      'the order of the nodes': digest({ ...definition, nodes: definition.nodes.toReversed() }),
      'a hardware address': digest(definition, identity({ macs: ['dc:a6:32:00:00:01'] })),
      'a serial': digest(definition, identity({ serial: 'OTHER' })),
      'a UUID': digest(definition, identity({ uuid: 'other' })),
      'a system disk': digest(definition, identity({ systemDisk: undefined })),
      'the set under which a machine runs': digest(
        definition,
        observed.map((one) => ({ ...one, runsUnder: '2024-01-01' })),
      ),
      'as what a machine runs': digest(
        definition,
        observed.map((one) => ({ ...one, runsAs: 'controlplane' })),
      ),
      'a setting that is given up': digest({ ...definition, dropped: ['machine.sysctls'] }),
      'a disk that may be erased': digest(withNode(definition, { eraseDisk: 'S1' })),
      'a volume that may be unreadable': digest(withNode(definition, { unreadableVolumes: ['data'] })),
      'a disk that is erased': digest(definition, observed, lab.configurations, {
        'cp-1': { volumes: [], unreadable: [], erases: disk },
      }),
      'another disk that is erased': digest(definition, observed, lab.configurations, {
        'cp-1': { volumes: [], unreadable: [], erases: { ...disk, serial: 'S2' } },
      }),
      'what a volume matches': digest(definition, observed, lab.configurations, {
        'cp-1': {
          volumes: [
            { document: 'UserVolumeConfig data', fate: { kind: 'makes', disk, what: 'partition', filesystem: 'xfs' } },
          ],
          unreadable: [],
        },
      }),
      'a volume that nobody can read': digest(definition, observed, lab.configurations, {
        'cp-1': { volumes: [], unreadable: ['data'] },
      }),
      'a machine in maintenance mode': digest(
        definition,
        observed.map(({ name, identity: seen }) => ({ name, identity: seen })),
      ),
    };
    const digests = new Map([[await digest(definition), 'nothing']]);
    for (const [what, one] of Object.entries(changes)) {
      const known = digests.get(await one);
      assert.equal(known, undefined, `${what} gives the same digest as ${known}`);
      digests.set(await one, what);
    }
  });

  test('cannot be made with a machine that nobody has seen', async (t) => {
    const lab = await startActivityLab(t);

    await assert.rejects(
      lab.carryOut('makePlan', { run: lab.run, observed: [], configurations: lab.configurations }),
      isFailure('PreconditionsFailed', /^cp-1: was not identified/),
    );
  });
});

describe('an approval', () => {
  const runId = 'run-1';
  const confirm = (lab: ActivityLab, approvedRunId = runId): Promise<void> =>
    lab.carryOut(
      'confirmApproval',
      { run: lab.run, digest: lab.approvable.digest, approvedRunId },
      { workflowRunId: runId },
    );
  const isVoid = (what: RegExp): ((error: unknown) => boolean) =>
    isFailure('PlanChanged', new RegExp(`^The approval is void, because .*${what.source}.*No machine was reset`, 's'));

  test('holds as long as nothing moved, and is void for another run', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    await confirm(lab);
    await assert.rejects(confirm(lab, 'run-0'), isVoid(/the approval is for run run-0, this is run run-1/));
  });

  test('is void when another machine stands at an address', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    lab.machine('w-1').swapIdentity({ serial: 'OTHER-0001' });

    await assert.rejects(confirm(lab), isVoid(/: w-1: serial OTHER-0001, planned /));
  });

  test('is void when a configuration file was changed, and holds again with the approved one', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    const file = lab.configurationFile('w-1');
    const approved = await readFile(file);
    await appendFile(file, '# changed\n');
    await assert.rejects(confirm(lab), isVoid(/: w-1: its configuration was changed/));

    await writeFile(file, approved);
    await confirm(lab);
  });

  test('is void when a machine is in another condition', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    lab.machine('w-1').reflash();
    await lab.until(() => lab.machine('w-1').inspect().api === 'maintenance');

    await assert.rejects(confirm(lab), isVoid(/w-1: .*runs under no set, planned 2025-01-01/));
  });

  test('is void when the plan in the folder is not the approved one', async (t) => {
    const lab = await startActivityLab(t);
    const file = path.join(lab.runPath, 'plan.json');
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('"reset": "wipe"', '"reset": "none"'));

    await assert.rejects(confirm(lab), isVoid(/plan\.json .* is not the approved plan/));
  });

  test('is for the copies in the run’s folder: what is edited outside does not matter, what is edited there does', async (t) => {
    const lab = await startActivityLab(t, {
      files: { 'patch.yaml': patch },
      settings: 'patches: { all: [patch.yaml] }',
    });
    await appendFile(lab.clusterFile, '# edited\n');
    await confirm(lab);

    await appendFile(path.join(lab.runPath, 'cluster.yaml'), '# edited\n');
    await assert.rejects(confirm(lab), isFailure('FilesDamaged', /cluster\.yaml is not the copy of/));
  });

  test('is neither void nor good as long as a machine does not answer', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    lab.machine('w-1').powerOff();

    await assert.rejects(confirm(lab), isFailure('NodeUnreachable', /^w-1: .*unreachable/));
  });
});

/** Another run of the same cluster, from opening it to its plan. */
async function planAnew(lab: ActivityLab): Promise<RebuildPlan> {
  const runId = `run-${Math.random()}`;
  const request = {
    clusterFile: lab.clusterFile,
    cluster: 'home',
    operation: 'rebuild',
    onlyPlan: true,
    requestedBy: 'test',
  } as const;
  const { run } = await lab.carryOut('openRun', { request, runId, startedAt: new Date().toISOString() });
  const configurations = await lab.carryOut('generateConfigurations', { run });
  const { nodes: observed } = await lab.carryOut('checkPreconditions', { run });
  return lab.carryOut('makePlan', { run, observed, configurations });
}

function withNode(cluster: ClusterDefinition, change: Partial<NodeDefinition>): ClusterDefinition {
  return { ...cluster, nodes: cluster.nodes.map((node, index) => (index === 0 ? { ...node, ...change } : node)) };
}
