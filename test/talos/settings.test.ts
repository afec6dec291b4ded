import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGivenUp } from '../../src/run/plan/dropped-settings.ts';
import { lackingSettings } from '../../src/talos/settings.ts';
import { patchOf } from '../../src/talos/settings-patch.ts';

const lacking = (running: string, planned: string): [string, string | undefined, string | undefined][] =>
  lackingSettings(running, planned).map(({ path, value, instead }) => [path, value, instead]);

describe('settings that a planned configuration lacks', () => {
  test('are named by path, with what is said instead', () => {
    const running = 'machine: { sysctls: { a: "1", b: "2" } }\ncluster: { network: { dnsDomain: home.lan } }\n';
    const planned = 'machine: { sysctls: { b: "2" } }\ncluster: { network: { dnsDomain: cluster.local } }\n';
    assert.deepEqual(lacking(running, planned), [
      ['machine.sysctls.a', '1', undefined],
      ['cluster.network.dnsDomain', 'home.lan', 'cluster.local'],
    ]);
    assert.deepEqual(lacking(running, running), []);
    assert.deepEqual(lacking('machine: { sysctls: {}, files: [], env: "" }', ''), []);
  });

  test('are compared entry by entry in lists', () => {
    const mount = (name: string): string => `{ destination: ${name}, source: /a, type: bind }`;
    const running = `machine: { kubelet: { extraMounts: [${mount('/x')}, ${mount('/y')}] }, certSANs: [a, b] }`;
    const planned = `machine: { kubelet: { extraMounts: [${mount('/y')}] }, certSANs: [b, c] }`;
    assert.deepEqual(
      lacking(running, planned).map(([path]) => path),
      ['machine.kubelet.extraMounts[/x]', 'machine.certSANs[a]'],
    );
  });

  test('are told apart by interface, and a virtual IP that only changes its form stays', () => {
    const running =
      'machine: { network: { interfaces: [{ interface: eth0, dhcp: true, mtu: 9000, vip: { ip: 10.0.0.1 } }] } }';
    const planned =
      'machine: { network: { interfaces: [{ interface: eth0, dhcp: true }] } }\n---\nkind: Layer2VIPConfig\nname: 10.0.0.1\nlink: eth0\n';
    assert.deepEqual(lacking(running, planned), [['machine.network.interfaces[eth0].mtu', '9000', undefined]]);
    assert.deepEqual(lacking(running, planned.replace('name: 10.0.0.1', 'name: 10.0.0.2'))[0], [
      'Layer2VIPConfig/10.0.0.1',
      'on eth0',
      undefined,
    ]);
  });

  test('leave out what the rebuild decides, and never show what may be secret', () => {
    const running = `machine: { token: abcdef.0123456789abcdef, ca: { crt: x, key: y }, install: { disk: /dev/sda }, env: { PASS: geheim } }
cluster: { controlPlane: { endpoint: "https://10.0.0.5:6443" }, secret: s, apiServer: { certSANs: [10.0.0.5, kept.example.org] } }
`;
    assert.deepEqual(lacking(running, ''), [
      ['machine.env.PASS', undefined, undefined],
      ['cluster.apiServer.certSANs[kept.example.org]', 'kept.example.org', undefined],
    ]);
    assert.ok(lackingSettings(running, '').every(({ patch }) => !JSON.stringify(patch ?? {}).includes('geheim')));
  });

  test('are one for a document that is missing as a whole, and its values where only some are', () => {
    const running = 'apiVersion: v1alpha1\nkind: LinkConfig\nname: end0\nmtu: 9000\nup: true\n';
    assert.deepEqual(lacking(running, ''), [['LinkConfig/end0', '', undefined]]);
    assert.deepEqual(lacking(running, running.replace('mtu: 9000\n', '')), [
      ['LinkConfig/end0.mtu', '9000', undefined],
    ]);
  });

  test('become a patch with which nothing is lacking', () => {
    const running =
      'machine: { sysctls: { a: "1" }, network: { interfaces: [{ interface: eth0, mtu: 9000, dhcp: true }] } }\n---\napiVersion: v1alpha1\nkind: LinkConfig\nname: end0\nmtu: 9000\n';
    const patch = patchOf(lackingSettings(running, '').flatMap((one) => (one.patch === undefined ? [] : [one.patch])));
    assert.deepEqual(lacking(running, patch), []);
  });
});

test('an entry of `dropped` stands for its path and all below it, and for no other that begins alike', () => {
  assert.ok(isGivenUp('machine.sysctls.vm.swappiness', ['machine.sysctls']));
  assert.ok(isGivenUp('machine.disks[/dev/sda]', ['machine.disks']));
  assert.ok(isGivenUp('LinkConfig/end0.mtu', ['LinkConfig']));
  assert.ok(!isGivenUp('machine.sysctlsX', ['machine.sysctls']));
});
