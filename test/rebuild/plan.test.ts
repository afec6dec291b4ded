import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { DiskSpec } from '../../simulator/src/lab.ts';
import { rehearse } from './rehearsal.ts';

/** As the old form, `machine.disks`, leaves it: one partition without a label. */
const usb: DiskSpec = {
  devPath: '/dev/sda',
  sizeBytes: 1_000_204_886_016,
  model: 'Expansion',
  serial: 'NAB0DEM0',
  transport: 'usb',
  partitions: [{ label: '', sizeBytes: 1_000_202_788_864, filesystem: 'xfs', files: { 'photo.jpg': 'the only copy' } }],
};

const document = (serial: string): string => `apiVersion: v1alpha1
kind: ExistingVolumeConfig
name: photos
discovery: { volumeSelector: { match: 'volume.name == "xfs" && disk.serial == "${serial}"' } }
`;

describe('a plan of a machine with a USB disk', () => {
  test('is refused when the selector matches nothing, touches nothing, can be mended, and the disk’s file is there after the rebuild', async (t) => {
    const { lab, clusterFile, start } = await rehearse(t, {
      controlPlanes: 1,
      workers: 1,
      files: { 'usb.yaml': document('TYPO') },
      settings: 'patches: { worker: [usb.yaml] }',
      machine: (spec) => (spec.name === 'w-1' ? { ...spec, extraDisks: [usb] } : spec),
    });
    const before = lab.journal.effects().length;
    const refused = await (await start({ onlyPlan: true })).result();
    assert.equal(refused.outcome, 'refused');
    assert.match(refused.verdict ?? '', /Nothing was touched.*w-1: ExistingVolumeConfig photos matches nothing: /s);
    assert.ok(refused.plan, 'the plan is shown with what stands against it');
    assert.ok(refused.findings.some(({ severity, node }) => severity === 'error' && node === 'w-1'));

    const patch = path.join(path.dirname(clusterFile), 'usb.yaml');
    await writeFile(patch, document('NAB0DEM0'));
    const planned = await (await start({ onlyPlan: true })).result();
    assert.equal(planned.outcome, 'planned', planned.verdict);
    assert.match(
      planned.plan?.consequences.join('\n') ?? '',
      /w-1: \/dev\/sda1 .*: kept, mounted by ExistingVolumeConfig photos/,
    );
    assert.equal(lab.journal.effects().length, before, 'a plan changes nothing');

    await writeFile(patch, document('TYPO'));
    const rebuild = await start();
    const gate = await rebuild.gate('plan');
    assert.match(gate.kind === 'failure' ? gate.seen : '', /w-1: ExistingVolumeConfig photos matches nothing/);
    await writeFile(patch, document('NAB0DEM0'));
    await rebuild.answer('plan', 'retry');
    await rebuild.approve();
    const { outcome, verdict } = await rebuild.result();
    assert.equal(outcome, 'rebuilt', verdict);
    const disk = lab
      .machine('w-1')
      .inspect()
      .disks.find(({ devPath }) => devPath === '/dev/sda');
    assert.deepEqual(
      disk?.partitions.map(({ label, files }) => ({ label, files })),
      [{ label: '', files: { 'photo.jpg': 'the only copy' } }],
    );
  });
});
