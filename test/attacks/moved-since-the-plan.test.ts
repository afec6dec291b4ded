import assert from 'node:assert/strict';
import { appendFile, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { DiskSpec } from '../../simulator/src/lab.ts';
import { rehearse } from '../rebuild/rehearsal.ts';
import type { RunningRebuild } from '../rebuild/rehearsal.ts';
import { watchForHarm } from './harm.ts';
import { asRebuildPlan } from '../../src/run/plan/approvable-plan.ts';

const usb: DiskSpec = {
  devPath: '/dev/sda',
  sizeBytes: 1_000_204_886_016,
  model: 'Expansion',
  serial: 'NAB0DEM0',
  transport: 'usb',
  partitions: [{ label: 'photos', sizeBytes: 1e12, filesystem: 'xfs', files: { 'photo.jpg': 'the only copy' } }],
};
const sysctl = 'machine: { sysctls: { vm.swappiness: "1" } }\n';

async function identityOf(rebuild: RunningRebuild, name: string) {
  const { plan } = await rebuild.progress();
  const identity = asRebuildPlan(plan)?.plan.nodes.find((node) => node.name === name)?.identity;
  assert.ok(identity?.systemDisk);
  return { serial: identity.serial, mac: identity.macs[0] ?? '', diskSerial: identity.systemDisk.serial };
}

describe('an approved run', () => {
  test('is refused or held, with what moved, when addresses are swapped or the copy of a patch changes; a data disk is no install disk', async (t) => {
    const { lab, start, clusterFile } = await rehearse(t, {
      controlPlanes: 1,
      workers: 2,
      files: { 'sysctl.yaml': sysctl },
      settings: 'patches: { all: [sysctl.yaml] }\n',
      machine: (spec) => ({ ...spec, extraDisks: [usb] }),
    });
    const machines = ['cp-1', 'w-1', 'w-2'];
    const assertUnharmed = watchForHarm(lab);

    const swapped = await start();
    await swapped.gate('approval');
    const [one, other] = [await identityOf(swapped, 'w-1'), await identityOf(swapped, 'w-2')];
    lab.machine('w-1').swapIdentity(other);
    lab.machine('w-2').swapIdentity(one);
    await swapped.approve();
    const progress = await swapped.result();
    assert.equal(progress.outcome, 'refused', progress.verdict);
    const verdict = progress.verdict ?? '';
    assert.match(verdict, /^The approval is void, because something moved: .*No machine was reset/);
    assert.ok(verdict.includes(`w-1: hardware address ${other.mac}, planned ${one.mac}`), verdict);
    assert.ok(verdict.includes(`w-2: hardware address ${one.mac}, planned ${other.mac}`), verdict);
    assertUnharmed(...machines);

    // What is edited outside is not even looked at; the copy that the plan rests on is.
    const patched = await start();
    await patched.gate('approval');
    await appendFile(clusterFile, '# edited after the approval\n');
    const copies = path.join((await patched.progress()).folder ?? '', 'files');
    const [copy = ''] = await readdir(copies);
    await appendFile(path.join(copies, copy), '# changed\n');
    await patched.approve();
    const held = await patched.gate('backUp');
    assert.match(held.kind === 'failure' ? held.seen : '', /sysctl\.yaml is not the copy of .* any more/);
    await patched.answer('backUp', 'abort');
    assert.equal((await patched.result()).outcome, 'aborted');
    assertUnharmed(...machines);

    const text = await readFile(clusterFile, 'utf8');
    await writeFile(clusterFile, text.replace('installDisk: /dev/mmcblk0', 'installDisk: /dev/sda'));
    const wrongDisk = await (await start({ onlyPlan: true })).result();
    assert.equal(wrongDisk.outcome, 'refused');
    assert.match(
      wrongDisk.verdict ?? '',
      /w-1: Talos is on \/dev\/mmcblk0, but the configuration names the 1 TB USB disk \/dev\/sda/,
    );
    assertUnharmed(...machines);
    for (const name of machines) {
      const disk = lab
        .machine(name)
        .inspect()
        .disks.find(({ devPath }) => devPath === '/dev/sda');
      assert.deepEqual(disk?.partitions[0]?.files, { 'photo.jpg': 'the only copy' });
    }
  });
});
