import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { startActivityLab } from '../activities/activity-lab.ts';
import type { ActivityLab } from '../activities/activity-lab.ts';
import { isFailure } from '../activities/attempt.ts';
import { runTalosctl } from '../drawn-secrets.ts';
import { watchForHarm } from './harm.ts';

const runId = 'run-1';

/** The last look before the first reset, by the run that was approved. */
function confirm(lab: ActivityLab): Promise<void> {
  const input = { run: lab.run, digest: lab.approvable.digest, approvedRunId: runId };
  return lab.carryOut('confirmApproval', input, { workflowRunId: runId });
}

/** Two machines trade their addresses, as after a mix-up of cables or leases. */
function swapAddresses(lab: ActivityLab, one: string, other: string): void {
  const [first, second] = [plannedIdentity(lab, one), plannedIdentity(lab, other)];
  lab.machine(one).swapIdentity(second);
  lab.machine(other).swapIdentity(first);
}

describe('a machine that is not what it was when the plan was made', () => {
  test('gets neither a reset nor a configuration when two have traded addresses after the last look at the plan', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1', 'w-2', 'w-3'], inMaintenance: ['w-2', 'w-3'] });
    await confirm(lab);
    swapAddresses(lab, 'cp-1', 'w-1');
    swapAddresses(lab, 'w-2', 'w-3');
    const assertUnharmed = watchForHarm(lab.lab);
    for (const name of ['cp-1', 'w-1']) {
      const refused = isFailure(
        'WrongMachine',
        new RegExp(`^${name}: another machine answers at .*Nothing was sent to it`),
      );
      await assert.rejects(lab.carryOut('resetNode', lab.way(name)), refused);
    }
    for (const name of ['w-2', 'w-3']) {
      const refused = isFailure(
        'WrongMachine',
        new RegExp(`^${name}: another machine answers at .*Nothing was sent to it`),
      );
      await assert.rejects(lab.carryOut('applyConfiguration', lab.way(name)), refused);
    }
    assertUnharmed('cp-1', 'w-1', 'w-2', 'w-3');

    // It is the address that decides: back at their own, both are what was planned.
    for (const name of ['cp-1', 'w-1']) lab.machine(name).swapIdentity(plannedIdentity(lab, name));
    await lab.carryOut('resetNode', lab.way('w-1'));
    assert.equal(lab.effects('w-1', 'wiped'), 1);
  });

  test('voids the approval and is left alone when somebody else has made it theirs', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    await confirm(lab);
    await lab.takeOver('w-1');
    const assertUnharmed = watchForHarm(lab.lab);
    const theirs = /^w-1: .* belongs to a cluster that this folder does not know\. Nothing was sent to it/;
    await assert.rejects(confirm(lab), isFailure('ForeignCluster', theirs));
    await assert.rejects(lab.carryOut('resetNode', lab.way('w-1')), isFailure('ForeignCluster', theirs));
    await assert.rejects(lab.carryOut('applyConfiguration', lab.way('w-1')), isFailure('ForeignCluster', theirs));
    assertUnharmed('cp-1', 'w-1');
  });

  test('voids the approval and is not reset when it has become a control plane of the old cluster', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    await confirm(lab);
    await becomeControlPlane(lab, 'w-1');
    const assertUnharmed = watchForHarm(lab.lab);
    await assert.rejects(
      confirm(lab),
      isFailure(
        'PlanChanged',
        /^The approval is void, .*w-1: runs as controlplane, planned worker.*No machine was reset/,
      ),
    );
    await assert.rejects(
      lab.carryOut('resetNode', lab.way('w-1')),
      isFailure(
        'UnexpectedCondition',
        /^w-1: runs as controlplane, planned worker\. Nothing was sent to it\. Plan again/,
      ),
    );
    assertUnharmed('cp-1', 'w-1');
  });

  test('voids the approval when its card was replaced, or when it runs the new cluster already', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    await confirm(lab);
    const { diskSerial } = plannedIdentity(lab, 'w-1');
    lab.machine('w-1').swapIdentity({ diskSerial: '0xdeadbeef' });
    const assertUnharmed = watchForHarm(lab.lab);
    await assert.rejects(
      confirm(lab),
      isFailure(
        'PlanChanged',
        /^The approval is void, .*w-1: system disk .*0xdeadbeef.*, planned .*No machine was reset/,
      ),
    );
    assertUnharmed('cp-1', 'w-1');

    lab.machine('w-1').swapIdentity({ diskSerial });
    await confirm(lab);
    await lab.carryOut('resetNode', lab.way('w-1')); // by another run, which nobody told this one of
    await lab.carryOut('resetNode', lab.way('cp-1'));
    for (const name of ['cp-1', 'w-1']) await lab.carryOut('applyConfiguration', lab.way(name));
    for (const name of ['cp-1', 'w-1']) await lab.carryOut('awaitNewCluster', lab.way(name));
    await lab.changeRecord(({ nodes }) => {
      for (const name of Object.keys(nodes)) delete nodes[name];
    });
    const assertUnharmedSince = watchForHarm(lab.lab);
    await assert.rejects(
      confirm(lab),
      isFailure(
        'PlanChanged',
        /^The approval is void, .*cp-1: runs under \S+, planned 2025-01-01.*No machine was reset/,
      ),
    );
    for (const name of ['cp-1', 'w-1']) await lab.carryOut('resetNode', lab.way(name));
    assertUnharmedSince('cp-1', 'w-1');
  });
});

/** Somebody gives a machine another role in the cluster that it is in. */
async function becomeControlPlane(lab: ActivityLab, name: string): Promise<void> {
  const machine = lab.machine(name);
  const old = path.join(lab.folder.sets, '2025-01-01', 'controlplane.yaml');
  const file = path.join(lab.runPath, 'promoted.yaml');
  await writeFile(file, (await readFile(old, 'utf8')).replaceAll('HOSTNAME', name), { mode: 0o600 });
  machine.reflash();
  await lab.until(() => machine.inspect().api === 'maintenance');
  await runTalosctl('apply-config', '--insecure', '-n', machine.address, '-f', file);
  await lab.until(() => machine.inspect().api === 'configured');
}

function plannedIdentity(lab: ActivityLab, name: string) {
  const { identity } = lab.way(name).node;
  return { serial: identity.serial, mac: identity.macs[0] ?? '', diskSerial: identity.systemDisk?.serial ?? '' };
}
