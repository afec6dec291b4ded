import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { applyConfiguration } from '../../src/talos/apply-configuration.ts';
import { bootstrapNode } from '../../src/talos/bootstrap.ts';
import { listEtcdMembers } from '../../src/talos/etcd.ts';
import { genTalosconfig } from '../../src/talos/generate.ts';
import { readIdentity } from '../../src/talos/identity.ts';
import { resetNode } from '../../src/talos/reset.ts';
import { readRunningConfiguration } from '../../src/talos/running-configuration.ts';
import { clusterOf, talosctl } from './real-talosctl.ts';
import { type SimulatedMachine, startMachine } from './simulated-machine.ts';
import { secretsOf } from '../drawn-secrets.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('what a machine refuses', () => {
  test('a configuration that is not valid: said once, and it stays in maintenance mode', async (t) => {
    const machine = await startMachine(t, 'maintenance');
    const file = join(machine.folder, 'broken.yaml');
    const text = await readFile(machine.configurationFile, 'utf8');
    await writeFile(file, text.replace('kind: Layer2VIPConfig', 'kind: Layer9VIPConfig'));

    await assert.rejects(applyConfiguration(await machine.inMaintenance(), file), {
      type: 'ConfigurationRefused',
      message: /^pi-12 .*refused its configuration: /,
    });
    await machine.waitFor('maintenance');
  });

  test('credentials of another cluster: nothing of the machine is read, changed or wiped', async (t) => {
    const machine = await startMachine(t, 'configured');
    const folder = await temporaryFolder(t);
    const talosconfig = join(folder, 'talosconfig');
    await writeFile(join(folder, 'secrets.yaml'), await secretsOf('old'));
    await genTalosconfig(talosctl, clusterOf(), join(folder, 'secrets.yaml'), talosconfig);
    const stranger = { ...machine.configured, talosconfig };

    for (const call of [
      readIdentity,
      readRunningConfiguration,
      bootstrapNode,
      (a: typeof stranger) => resetNode(a, 'STATE+EPHEMERAL'),
    ]) {
      await assert.rejects(call(stranger), { type: 'CredentialsRefused', message: /^pi-12 / });
    }
    assert.deepEqual(requests(machine), []);
  });

  test('a bootstrap that comes too early: a reason that passes, and no failure', async (t) => {
    const machine = await startMachine(t, 'maintenance');
    machine.lab.machine('pi-12').setTimings({ cri: 120_000 });
    await applyConfiguration(await machine.inMaintenance(), machine.configurationFile);
    await machine.waitFor('running');

    assert.deepEqual(await bootstrapNode(machine.configured), { notYet: 'bootstrap is not available yet' });
  });

  test('a bootstrap of a worker: for good', async (t) => {
    const machine = await startMachine(t, 'configured');
    machine.lab.faults.inject({
      method: 'Bootstrap',
      phase: 'before',
      action: { refuse: { code: 12, message: 'bootstrap is only available on control plane nodes' } },
    });

    await assert.rejects(bootstrapNode(machine.configured), {
      type: 'BootstrapRefused',
      message: /^pi-12 .*only available on control plane nodes/,
    });
  });
});

describe('resetNode', () => {
  test('with EPHEMERAL alone leaves the configuration, and etcd begins anew', async (t) => {
    const machine = await startMachine(t, 'configured');
    await machine.lab.bootstrapOldCluster('pi-12');
    assert.equal((await listEtcdMembers(machine.configured)).length, 1);

    await resetNode(machine.configured, 'EPHEMERAL');
    await machine.lab.until(() => machine.lab.machine('pi-12').inspect().stage === 'off' || wiped(machine));
    await machine.lab.until(() => machine.lab.machine('pi-12').inspect().api === 'configured' && wiped(machine));
    await machine.waitFor('running');
    assert.equal(machine.lab.machine('pi-12').inspect().isBricked, false);
  });

  test('asks for exactly what may be wiped, and never gracefully', async (t) => {
    const machine = await startMachine(t, 'configured');
    await resetNode(machine.configured, 'STATE+EPHEMERAL');

    const request = machine.lab.journal.entries.find((e) => e.kind === 'request' && e.method.endsWith('/Reset'));
    assert.ok(request?.kind === 'request');
    const said = JSON.stringify(request.args);
    assert.match(said, /"STATE"[^\]]*"EPHEMERAL"/);
    assert.doesNotMatch(said, /"graceful":true/);
    assert.match(said, /"reboot":true/);
  });
});

/** What the machine was asked by somebody whom it let in. */
function requests({ lab }: SimulatedMachine): string[] {
  return lab.journal.entries.flatMap((entry) => (entry.kind === 'request' ? [entry.method] : []));
}

function wiped({ lab }: SimulatedMachine): boolean {
  return lab.journal.entries.some((entry) => entry.kind === 'effect' && entry.effect === 'wiped');
}
