import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import type { Lab } from '../src/lab.ts';
import { isHealthy, startFixture } from './fixture.ts';

describe('a virtual IP', () => {
  test('is on one control plane, on the link of the configuration, with the API server behind it', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, workers: 1, isCluster: true });
    await fixture.lab.until(() => isHealthy(fixture.lab));
    const holder = holderOf(fixture.lab);

    const addresses = await fixture.on(holder, 'get', 'addresses');
    assert.match(addresses.stdout, new RegExp(`end0/${fixture.vip}/32 .*${fixture.vip}/32\\s+end0`));
    for (const { name } of fixture.lab.machines) {
      if (name !== holder)
        assert.doesNotMatch((await fixture.on(name, 'get', 'addresses')).stdout, new RegExp(fixture.vip));
    }
    await fixture.on(holder, 'kubeconfig', `${fixture.folder}/kubeconfig`, '--merge=false');
    const nodes = await fixture.kubectl('get', 'nodes', '-o', 'name');
    assert.equal(nodes.stdout, 'node/cp1\nnode/cp2\nnode/cp3\nnode/w1\n');
  });

  test('is handed over by a holder that reboots in order, whatever is left of its lease', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, isCluster: true, timings: { vipLease: 1e12 } });
    await fixture.lab.until(() => isHealthy(fixture.lab));
    const holder = holderOf(fixture.lab);
    await fixture.on(holder, 'reboot', '--wait=false');
    await fixture.lab.until(() => ![holder, ''].includes(holderOf(fixture.lab)));

    const order = fixture.lab.journal.effects().map(({ effect }) => effect);
    assert.deepEqual(order.slice(order.indexOf('vip-released')).slice(0, 2), ['vip-released', 'vip-acquired']);
    await fixture.lab.until(() => isHealthy(fixture.lab));
    assert.equal(fixture.lab.machines.filter((machine) => machine.inspect().virtualIps.length > 0).length, 1);
    assert.equal(await accepts(fixture.vip), true);
  });

  test('is not handed over by a reboot that is forced', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, isCluster: true, timings: { vipLease: 1e12 } });
    await fixture.lab.until(() => isHealthy(fixture.lab));
    const holder = holderOf(fixture.lab);
    assert.equal((await fixture.on(holder, 'reboot', '-m', 'force', '--wait=false')).code, 0);
    await fixture.lab.until(() => fixture.lab.journal.effects(holder, 'rebooted').length === 1);
    await fixture.lab.until(() => isHealthy(fixture.lab));
    const acquired = fixture.lab.journal.effects(undefined, 'vip-acquired');
    const returned = fixture.lab.journal.states(holder, 'stage').findLast(({ value }) => value === 'booting');
    assert.ok((acquired.at(-1)?.at ?? 0) > (returned?.at ?? 0));
    assert.equal(acquired.length, 2);
  });

  test('moves only with the end of the lease when its holder loses power', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, isCluster: true });
    await fixture.lab.until(() => isHealthy(fixture.lab));
    const holder = holderOf(fixture.lab);
    fixture.machine(holder).powerOff();
    assert.equal(await accepts(fixture.vip), false);
    await fixture.lab.until(() => holderOf(fixture.lab) !== '');
    await fixture.lab.until(
      () => fixture.lab.machines.filter((machine) => machine.inspect().isApiserverUp).length === 2,
    );
    assert.equal(await accepts(fixture.vip), true);

    const lasting = await startFixture(t, { controlPlanes: 3, isCluster: true, timings: { vipLease: 1e12 } });
    await lasting.lab.until(() => isHealthy(lasting.lab));
    const former = holderOf(lasting.lab);
    lasting.machine(former).powerOff();
    await lasting.lab.until(() => lasting.lab.journal.states(former, 'node').at(-1)?.value === 'lost');
    assert.equal(holderOf(lasting.lab), '');
    // It finds itself elected from before, and makes place.
    lasting.machine(former).powerOn();
    await lasting.lab.until(() => isHealthy(lasting.lab));
  });

  test('is nowhere without a quorum', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, isCluster: true });
    await fixture.lab.until(() => isHealthy(fixture.lab));
    const others = ['cp1', 'cp2', 'cp3'].filter((name) => name !== holderOf(fixture.lab));
    for (const name of others) fixture.machine(name).powerOff();
    await fixture.lab.until(() => holderOf(fixture.lab) === '');
    for (const name of others) fixture.machine(name).powerOn();
    await fixture.lab.until(() => isHealthy(fixture.lab));
  });

  test('never appears on a link that is not there, and comes with an alias that is', async (t) => {
    const wrong = await startFixture(t, { isCluster: true, edit: (text) => text.replace('link: end0', 'link: eth0') });
    assert.equal(holderOf(wrong.lab), '');
    assert.deepEqual(wrong.lab.journal.effects('cp1', 'vip-acquired'), []);

    const alias =
      '---\napiVersion: v1alpha1\nkind: LinkAliasConfig\nname: net0\nselector:\n    match: mac(link.permanent_addr) == "dc:a6:32:00:00:01"\n';
    const aliased = await startFixture(t, {
      isCluster: true,
      machine: { mac: 'dc:a6:32:00:00:01' },
      documents: alias,
      edit: (text) => text.replace('link: end0', 'link: net0'),
    });
    await aliased.lab.until(() => holderOf(aliased.lab) === 'cp1');
    assert.match((await aliased.on('cp1', 'get', 'links')).stdout, /end0 +\d+ +net0/);
  });

  test('can be asked for in the old form', async (t) => {
    const fixture = await startFixture(t, {
      isCluster: true,
      edit: (text) =>
        text
          .replace(/---\napiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: (\S+)\nlink: end0\n/, '')
          .replace(
            '    install:',
            `    network:\n        interfaces:\n            - interface: end0\n              dhcp: true\n              vip:\n                  ip: ${/name: (\S+)\nlink: end0/.exec(text)?.[1]}\n    install:`,
          ),
    });
    await fixture.lab.until(() => holderOf(fixture.lab) === 'cp1');
    assert.deepEqual(fixture.machine('cp1').inspect().virtualIps, [fixture.vip]);
  });
});

function holderOf(lab: Lab): string {
  return lab.machines.find((machine) => machine.inspect().virtualIps.length > 0)?.name ?? '';
}

function accepts(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(6443, address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
