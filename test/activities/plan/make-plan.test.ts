import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { applyManifests } from '../../../src/kubernetes/apply-manifests.ts';
import type { DiskSpec, MachineSpec } from '../../../simulator/src/lab.ts';
import { saveKubeconfig } from '../../../src/talos/kubeconfig.ts';
import { talosctl } from '../../talos/real-talosctl.ts';
import { startActivityLab } from '../activity-lab.ts';
import type { ActivityLab } from '../activity-lab.ts';
import { isFailure } from '../attempt.ts';

const usb: DiskSpec = {
  devPath: '/dev/sda',
  sizeBytes: 1_000_204_886_016,
  model: 'Expansion',
  serial: 'NAB0DEM0',
  transport: 'usb',
  // As `machine.disks` leaves it: no label.
  partitions: [{ label: '', sizeBytes: 1_000_202_788_864, filesystem: 'xfs', files: { 'photo.jpg': 'the only copy' } }],
};

const usbDocument = (selector: string): string =>
  `apiVersion: v1alpha1\nkind: ExistingVolumeConfig\nname: data\ndiscovery: { volumeSelector: { match: '${selector}' } }\n`;
const rightSelector = 'volume.name == "xfs" && volume.partition_index == 1u && disk.serial == "NAB0DEM0"';

const oldDisks =
  'machine: { disks: [{ device: /dev/sda, partitions: [{ mountpoint: /var/mnt/data }] }] }\n---\napiVersion: v1alpha1\nkind: UserVolumeConfig\nname: scratch\nvolumeType: directory\n';

/** Everything that a machine may be asked without being changed. */
const reads = [
  'State/Get',
  'State/List',
  'State/Watch',
  'MachineService/Version',
  'MachineService/Kubeconfig',
  'kubernetes:GET',
];

describe('a plan', () => {
  test('names what is lost and what stays, from the real disks and PersistentVolumes, and changes nothing on any machine', async (t) => {
    const lab = await startActivityLab(t, {
      nodes: ['cp-1', 'w-1'],
      isPlanned: false,
      files: { 'usb.yaml': usbDocument(rightSelector) },
      settings: 'patches: { controlplane: [usb.yaml] }',
      oldPatch: oldDisks,
      machine: (spec) => (spec.name === 'cp-1' ? { ...spec, extraDisks: [usb] } : spec),
    });
    await givePersistentVolumes(lab);
    const before = lab.lab.journal.entries.length;
    const { losses, findings, plan, consequences, digest } = await lab.makePlan();

    assert.deepEqual(
      findings.map(({ severity, seen }) => [severity, seen]),
      [['warning', 'set today, not set afterwards: UserVolumeConfig/scratch and 1 more']],
    );
    const lost = losses.lost.join('\n');
    assert.match(
      lost,
      /PersistentVolume on-system \(1Gi, claim default\/db\): lost: \/var\/local\/pvc-1 is on EPHEMERAL of cp-1/,
    );
    assert.match(
      lost,
      /PersistentVolume replicated .*: lost: driver\.longhorn\.io keeps its data in \/var\/lib\/longhorn on EPHEMERAL/,
    );
    assert.match(lost, /PersistentVolume rook .*: lost: Rook’s monitors are on EPHEMERAL/);
    assert.match(
      lost,
      /PersistentVolume strange .*: cannot be told: where csi\.example\.org keeps its data is not known here/,
    );
    assert.match(lost, /UserVolumeConfig scratch \(\/var\/mnt\/scratch\): lost: a directory on EPHEMERAL of cp-1/);
    const kept = losses.kept.join('\n');
    assert.match(
      kept,
      /PersistentVolume on-usb .*: kept: \/var\/mnt\/data\/pvc-2 is on \/dev\/sda1 of cp-1, which stays/,
    );
    assert.match(kept, /PersistentVolume shared .*: kept: its data is elsewhere \(nfs\)/);
    assert.match(
      kept,
      /cp-1: \/dev\/sda partition 1: \/dev\/sda1 \(1 TB, xfs.*: kept, mounted by ExistingVolumeConfig data/,
    );
    const [first, second] = losses.machines;
    assert.match(
      first?.sentence ?? '',
      /^STATE and EPHEMERAL on the .*mmcblk0 .* are wiped; META, EFI and the 1 TB USB disk \/dev\/sda \(Expansion, serial NAB0DEM0\) stay$/,
    );
    assert.match(second?.sentence ?? '', /; META and EFI stay$/);
    assert.equal(plan.nodes[0]?.storage.volumes[0]?.fate.kind, 'uses');
    assert.equal(consequences[0], losses.lost[0], 'it opens with what is lost');

    const since = lab.lab.journal.entries.slice(before);
    assert.deepEqual(
      since.filter(({ kind }) => kind === 'effect'),
      [],
    );
    const asked = [...new Set(since.flatMap((entry) => (entry.kind === 'request' ? [entry.method] : [])))];
    assert.deepEqual(
      asked.filter((method) => !reads.includes(method)),
      [],
    );

    assert.equal((await readdir(lab.runPath)).includes('old-kubeconfig'), false);
    await givePersistentVolumes(lab, [volume('one-more', 'hostPath: { path: /var/more }')]);
    const again = await lab.makePlan();
    assert.match(again.losses.lost.join('\n'), /PersistentVolume one-more/);
    assert.equal(again.digest, digest, 'pods make and delete volumes at any time');
  });

  test('says that the PersistentVolumes are not known when the old cluster does not tell', async (t) => {
    const lab = await startActivityLab(t, { isPlanned: false });
    lab.lab.faults.inject({
      method: 'Kubeconfig',
      phase: 'before',
      action: { refuse: { code: 7, message: 'not authorized' } },
      times: 10,
    });
    const { losses } = await lab.makePlan();
    assert.match(
      losses.lost.join('\n'),
      /Which PersistentVolumes there are is not known: .*What they keep under \/var/,
    );
  });

  test('is refused when a volume document matches nothing', async (t) => {
    const lab = await startActivityLab(t, {
      files: { 'usb.yaml': usbDocument('disk.serial == "OTHER"') },
      settings: 'patches: { controlplane: [usb.yaml] }',
      machine: (spec) => ({ ...spec, extraDisks: [usb] }),
    });
    const [finding, ...others] = lab.approvable.findings;
    assert.deepEqual(others, []);
    assert.equal(finding?.severity, 'error');
    assert.match(finding?.seen ?? '', /ExistingVolumeConfig data matches nothing/);
  });

  test('is no longer what was approved when a disk is gone that a volume is on', async (t) => {
    const lab = await startActivityLab(t, {
      files: { 'usb.yaml': usbDocument(rightSelector) },
      settings: 'patches: { controlplane: [usb.yaml] }',
      machine: (spec) => ({ ...spec, extraDisks: [usb] }),
    });
    const { digest } = lab.approvable;
    lab.machine('cp-1').unplugDisk('/dev/sda');
    await assert.rejects(
      lab.carryOut('confirmApproval', { run: lab.run, digest, approvedRunId: 'run-1' }, { workflowRunId: 'run-1' }),
      isFailure('PlanChanged', /cp-1: ExistingVolumeConfig data: matches nothing/),
    );
  });

  test('is refused for a volume whose key is locked to STATE, until cluster.yaml gives it up by name', async (t) => {
    const volume = `apiVersion: v1alpha1
kind: UserVolumeConfig
name: vault
provisioning: { diskSelector: { match: disk.transport == "usb" }, minSize: 1GB }
encryption: { provider: luks2, keys: [{ slot: 0, nodeID: {}, lockToState: true }] }
`;
    const options = {
      oldPatch: volume,
      files: { 'vault.yaml': volume },
      settings: 'patches: { controlplane: [vault.yaml] }',
      machine: (spec: MachineSpec) => ({
        ...spec,
        extraDisks: [{ ...usb, partitions: [{ label: 'u-vault', sizeBytes: 1e9, filesystem: 'luks' }] }],
      }),
    };
    const refused = await startActivityLab(t, options);
    assert.match(
      refused.approvable.findings[0]?.seen ?? '',
      /nobody could read \/dev\/sda1 .*locked to STATE, which is wiped/,
    );
    assert.match(refused.approvable.findings[0]?.remedy ?? '', /`unreadableVolumes: \["vault"\]`/);

    const givenUp = await startActivityLab(t, { ...options, node: () => 'unreadableVolumes: [vault]' });
    assert.deepEqual(givenUp.approvable.findings, []);
    assert.deepEqual(givenUp.plan.nodes[0]?.storage.unreadable, ['vault']);
    assert.match(givenUp.approvable.losses.lost.join('\n'), /cp-1: vault: .*kept, but unreadable afterwards/);
    assert.notEqual(givenUp.approvable.digest, refused.approvable.digest);
  });
});

describe('a machine without Talos', () => {
  const withDisk = (partitions: NonNullable<DiskSpec['partitions']>, node?: string) => ({
    cluster: 'none' as const,
    ...(node === undefined ? {} : { node: () => node }),
    machine: (spec: MachineSpec) => ({
      ...spec,
      installed: false,
      systemDisk: {
        devPath: '/dev/mmcblk0',
        sizeBytes: 64e9,
        model: 'SD64G',
        serial: '0xcafe',
        transport: 'mmc' as const,
        partitions,
      },
    }),
  });
  const photos = { label: 'photos', sizeBytes: 1e9, filesystem: 'ext4' };

  test('has its install disk erased, which the plan shows with model, size and serial', async (t) => {
    const lab = await startActivityLab(t, withDisk([]));
    const { plan, losses, findings } = lab.approvable;
    assert.deepEqual(findings, []);
    assert.equal(plan.nodes[0]?.storage.erases?.serial, '0xcafe');
    assert.match(
      losses.lost[0] ?? '',
      /the whole 64 GB SD card or eMMC \/dev\/mmcblk0 \(SD64G, serial 0xcafe\) is erased/,
    );
  });

  test('is refused when there is something on that disk, until cluster.yaml names the disk', async (t) => {
    const refused = await startActivityLab(t, withDisk([photos]));
    const [finding] = refused.approvable.findings;
    assert.equal(finding?.severity, 'error');
    assert.match(finding?.seen ?? '', /erases the 64 GB .*something on it: \/dev\/mmcblk0p1 photos ext4 1 GB/);
    assert.match(finding?.remedy ?? '', /`eraseDisk: "0xcafe"`/);

    const wrong = await startActivityLab(t, withDisk([photos], 'eraseDisk: "0xbeef"'));
    assert.equal(wrong.approvable.findings.length, 1, 'another disk is named');
    const named = await startActivityLab(t, withDisk([photos], 'eraseDisk: "0xcafe"'));
    assert.deepEqual(named.approvable.findings, []);
  });

  test('is refused when the configuration names a disk that it does not have, or another one than Talos is on', async (t) => {
    const none = await startActivityLab(t, withDisk([], 'installDisk: /dev/nvme0n1'));
    assert.match(none.approvable.findings[0]?.seen ?? '', /has no disk \/dev\/nvme0n1 to install it on/);

    const other = await startActivityLab(t, {
      node: () => 'installDisk: /dev/sda',
      machine: (spec) => ({ ...spec, extraDisks: [usb] }),
    });
    assert.match(
      other.approvable.findings[0]?.seen ?? '',
      /Talos is on \/dev\/mmcblk0, but the configuration names the 1 TB USB disk/,
    );
  });
});

describe('what is set today and not afterwards', () => {
  const oldPatch = `machine:
  sysctls: { vm.swappiness: "1", net.core.somaxconn: "4096" }
  env: { HTTP_PROXY: "http://user:geheim@proxy:3128" }
  kubelet: { extraArgs: { v: "4" } }
cluster: { network: { podSubnets: [10.99.0.0/16] } }
`;

  test('is listed by path, unless cluster.yaml gives it up, and kept by patches that hold no secret', async (t) => {
    const lab = await startActivityLab(t, { oldPatch, settings: 'dropped: [machine.kubelet]' });
    const { dropped, droppedCount, findings } = lab.approvable;
    assert.match(findings[0]?.seen ?? '', /set today, not set afterwards: cluster\.network\.podSubnets.* and 3 more/);
    assert.deepEqual(
      dropped.map(({ path: where, value }) => [where, value]),
      [
        ['cluster.network.podSubnets[10.99.0.0/16]', '10.99.0.0/16'],
        ['machine.env.HTTP_PROXY', undefined],
        ['machine.sysctls.net.core.somaxconn', '4096'],
        ['machine.sysctls.vm.swappiness', '1'],
      ],
    );
    assert.equal(droppedCount, 4);

    const folder = path.join(lab.runPath, 'kept-settings');
    assert.deepEqual(await readdir(folder), ['cp-1.yaml']);
    const patch = await readFile(path.join(folder, 'cp-1.yaml'), 'utf8');
    assert.doesNotMatch(patch, /geheim/);
    assert.match(patch, /# Not written here, as it may be secret: machine\.env\.HTTP_PROXY/);
    const [document] = parseAllDocuments(patch).map((one) => one.toJS() as unknown);
    assert.deepEqual(document, {
      cluster: { network: { podSubnets: ['10.99.0.0/16'] } },
      machine: { sysctls: { 'net.core.somaxconn': '4096', 'vm.swappiness': '1' } },
    });
    assert.doesNotMatch(await readFile(path.join(lab.runPath, 'dropped.txt'), 'utf8'), /geheim/);
    assert.doesNotMatch(JSON.stringify(lab.approvable), /geheim/);
  });

  test('is nothing once the patches are used', async (t) => {
    const first = await startActivityLab(t, { oldPatch, settings: 'dropped: [machine.env]' });
    const patch = await readFile(path.join(first.runPath, 'kept-settings', 'cp-1.yaml'), 'utf8');
    const second = await startActivityLab(t, {
      oldPatch,
      settings: 'dropped: [machine.env]\npatches: { controlplane: [kept.yaml] }',
      files: { 'kept.yaml': patch },
    });
    assert.deepEqual(second.approvable.dropped, []);
    assert.deepEqual(second.approvable.findings, []);
  });

  test('includes a host name that changes', async (t) => {
    const lab = await startActivityLab(t, {
      oldPatch: 'apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: kitchen\nauto: off\n',
    });
    assert.deepEqual(lab.approvable.dropped, [
      { path: 'hostname', value: 'kitchen', instead: 'cp-1', nodes: ['cp-1'] },
    ]);
  });
});

async function oldKubernetes(lab: ActivityLab): Promise<{ kubeconfig: string; server: string }> {
  const { address } = lab.machine('cp-1');
  const kubeconfig = path.join(path.dirname(lab.clusterFile), 'old-kubeconfig');
  const talosconfig = path.join(lab.folder.sets, '2025-01-01', 'talosconfig');
  await saveKubeconfig({ talosctl, address, talosconfig }, kubeconfig);
  return { kubeconfig, server: `https://${address}:6443` };
}

const onNode =
  '{ required: { nodeSelectorTerms: [{ matchExpressions: [{ key: kubernetes.io/hostname, operator: In, values: [cp-1] }] }] } }';

function volume(name: string, spec: string): string {
  return `apiVersion: v1\nkind: PersistentVolume\nmetadata: { name: ${name} }\nspec: { capacity: { storage: 1Gi }, accessModes: [ReadWriteOnce], ${spec} }\n`;
}

const volumes = [
  volume(
    'on-system',
    `claimRef: { namespace: default, name: db }, local: { path: /var/local/pvc-1 }, nodeAffinity: ${onNode}`,
  ),
  volume('on-usb', `local: { path: /var/mnt/data/pvc-2 }, nodeAffinity: ${onNode}`),
  volume('shared', 'nfs: { server: nas, path: /export }'),
  volume('replicated', 'csi: { driver: driver.longhorn.io, volumeHandle: a }'),
  volume('rook', 'csi: { driver: rook-ceph.rbd.csi.ceph.com, volumeHandle: b }'),
  volume('strange', 'csi: { driver: csi.example.org, volumeHandle: c }'),
];

async function givePersistentVolumes(lab: ActivityLab, given: readonly string[] = volumes): Promise<void> {
  const file = path.join(path.dirname(lab.clusterFile), 'volumes.yaml');
  await writeFile(file, given.join('---\n'));
  await applyManifests(await oldKubernetes(lab), [file]);
}
