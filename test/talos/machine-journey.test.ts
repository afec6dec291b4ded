import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Lab } from '../../simulator/src/lab.ts';
import { applyConfiguration } from '../../src/talos/apply-configuration.ts';
import { bootstrapNode } from '../../src/talos/bootstrap.ts';
import { listEtcdMembers, readEtcdStatus, saveEtcdSnapshot } from '../../src/talos/etcd.ts';
import { collectEvidence } from '../../src/talos/evidence.ts';
import { readIdentity } from '../../src/talos/identity.ts';
import { saveKubeconfig } from '../../src/talos/kubeconfig.ts';
import { readNodeFacts } from '../../src/talos/node-facts.ts';
import { readBootId, rebootNode } from '../../src/talos/reboot.ts';
import { resetNode } from '../../src/talos/reset.ts';
import { readRunningConfiguration } from '../../src/talos/running-configuration.ts';
import { etcdServiceState } from '../../src/talos/services.ts';
import { readTalosVersion } from '../../src/talos/version.ts';
import { startMachine } from './simulated-machine.ts';

describe('one machine, from maintenance mode to a cluster and back', () => {
  test('takes its configuration, begins etcd, reboots and is wiped, and is the same machine all the way', async (t) => {
    const machine = await startMachine(t, 'maintenance');
    const { lab, configured, folder } = machine;

    const fresh = await machine.inMaintenance();
    const identity = await readIdentity(fresh);
    assert.match(identity.macs.join(' '), /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    assert.equal(identity.systemDisk?.devPath, '/dev/mmcblk0');
    const facts = await readNodeFacts(fresh);
    assert.equal(facts.stage, 'maintenance');
    assert.equal(facts.machineType, undefined);
    assert.deepEqual(facts.identity, identity);
    assert.ok(facts.links.some((link) => link.name === 'end0' && link.physical));

    assert.match(await applyConfiguration(fresh, machine.configurationFile), /^Applied configuration/);
    await machine.waitFor('running');
    assert.deepEqual(await readIdentity(configured), identity);
    assert.equal(await readRunningConfiguration(configured), await readFile(machine.configurationFile, 'utf8'));
    assert.match(await readTalosVersion(configured), /^v1\./);

    let answer = await bootstrapNode(configured);
    while (typeof answer === 'object') answer = await bootstrapNode(configured);
    assert.equal(answer, 'accepted');
    await lab.until(() => lab.machine('pi-12').inspect().isApiserverUp);
    assert.equal(await bootstrapNode(configured), 'already');
    assert.deepEqual(
      (await listEtcdMembers(configured)).map(({ hostname, learner }) => ({ hostname, learner })),
      [{ hostname: 'pi-12', learner: false }],
    );
    const status = await readEtcdStatus(configured);
    assert.equal(status.leaderId, status.memberId);
    assert.equal((await etcdServiceState(configured))?.state, 'Running');

    const snapshot = join(folder, 'etcd.snapshot');
    const saved = await saveEtcdSnapshot(configured, snapshot);
    assert.equal((await stat(snapshot)).size, saved.sizeBytes);
    assert.ok(saved.revision > 0);
    await assert.rejects(saveEtcdSnapshot(configured, snapshot), { type: 'FilesDamaged' });
    const kubeconfig = join(folder, 'kubeconfig');
    await saveKubeconfig(configured, kubeconfig);
    assert.equal((await stat(kubeconfig)).mode & 0o777, 0o600);

    const running = await readNodeFacts(configured);
    assert.equal(running.machineType, 'controlplane');
    assert.equal(running.hostname, 'pi-12');
    assert.ok(running.addresses.some(({ cidr }) => cidr.startsWith(`${machine.address}/`)));
    assert.ok(running.discoveredVolumes.some(({ partitionLabel }) => partitionLabel === 'EPHEMERAL'));
    assert.deepEqual(
      running.volumes.filter(({ errorMessage }) => errorMessage !== ''),
      [],
    );

    const evidence = await collectEvidence(configured, join(folder, 'evidence'));
    assert.ok(evidence.includes('dmesg.txt') && evidence.includes('events.txt'), evidence.join());

    const bootId = await readBootId(configured);
    await rebootNode(configured);
    await lab.until(() => lab.machine('pi-12').inspect().bootId !== bootId);
    await machine.waitFor('running');
    assert.notEqual(await readBootId(configured), bootId);

    await resetNode(configured, 'STATE+EPHEMERAL');
    await machine.waitFor('maintenance');
    assert.deepEqual(await readIdentity(await machine.inMaintenance()), identity);
    assert.deepEqual(requests(lab, 'Reset'), ['OK']);
    assert.deepEqual(effects(lab, 'wiped').length, 1);
    assert.equal(lab.machine('pi-12').inspect().isBricked, false);
    await assert.rejects(readIdentity(configured), { type: 'CredentialsRefused' });
  });
});

function requests(lab: Lab, method: string): string[] {
  return lab.journal.entries.flatMap((entry) =>
    entry.kind === 'request' && entry.method.endsWith(`/${method}`) ? [entry.answer ?? ''] : [],
  );
}

function effects(lab: Lab, effect: string): unknown[] {
  return lab.journal.entries.filter((entry) => entry.kind === 'effect' && entry.effect === effect);
}
