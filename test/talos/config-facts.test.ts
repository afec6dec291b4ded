import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { factsOf } from '../../src/talos/config-facts.ts';

describe('factsOf', () => {
  test('reads the old form of network, VIP and disks', () => {
    const facts = factsOf(`
machine:
  type: controlplane
  network:
    hostname: pi-11
    interfaces:
      - interface: end0
        dhcp: true
        vip: { ip: 192.168.1.10 }
      - interface: end1
        addresses: [10.0.0.11/24]
        vlans: [{ vlanId: 20, addresses: [10.20.0.11/24], vip: { ip: 10.20.0.10 } }]
      - interface: bond0
        bond: { interfaces: [end2, end3] }
        dhcp: true
  disks: [{ device: /dev/sda }]
  install: { disk: /dev/mmcblk0, image: factory.example/x:v1 }
cluster:
  clusterName: home
  controlPlane: { endpoint: https://192.168.1.10:6443 }
  network: { cni: { name: none } }
  inlineManifests: [{ name: cilium, contents: x }]
  apiServer: { certSANs: [192.168.1.10] }
`);
    assert.deepEqual(facts, {
      machineType: 'controlplane',
      hostname: 'pi-11',
      clusterName: 'home',
      endpoint: 'https://192.168.1.10:6443',
      cni: 'none',
      hasManifests: true,
      vips: [
        { address: '192.168.1.10', link: 'end0', form: 'interface' },
        { address: '10.20.0.10', link: 'end1.20', form: 'interface' },
      ],
      links: [
        { name: 'end0', kind: 'plain', addresses: [], dhcp: true },
        { name: 'end1', kind: 'plain', addresses: ['10.0.0.11/24'], dhcp: false },
        { name: 'end1.20', kind: 'vlan', addresses: ['10.20.0.11/24'], dhcp: false },
        { name: 'bond0', kind: 'bond', addresses: [], dhcp: true },
      ],
      apiServerSans: ['192.168.1.10'],
      installDisk: '/dev/mmcblk0',
      installImage: 'factory.example/x:v1',
      volumes: [{ kind: 'machine.disks', name: '/dev/sda' }],
    });
  });

  test('reads the documents of Talos 1.12 and later', () => {
    const facts = factsOf(`
machine: { type: controlplane }
cluster: {}
---
apiVersion: v1alpha1
kind: HostnameConfig
hostname: pi-12
auto: off
---
kind: Layer2VIPConfig
name: 192.168.1.10
link: end0.20
---
kind: VLANConfig
name: end0.20
vlanID: 20
parent: end0
addresses: [{ address: 192.168.1.12/24 }]
---
kind: DHCPv4Config
name: end0
---
kind: ExistingVolumeConfig
name: data
`);
    assert.equal(facts.hostname, 'pi-12');
    assert.equal(facts.cni, 'flannel');
    assert.deepEqual(facts.vips, [{ address: '192.168.1.10', link: 'end0.20', form: 'document' }]);
    assert.deepEqual(facts.links, [
      { name: 'end0.20', kind: 'vlan', addresses: ['192.168.1.12/24'], dhcp: false },
      { name: 'end0', kind: 'plain', addresses: [], dhcp: true },
    ]);
    assert.deepEqual(facts.volumes, [{ kind: 'ExistingVolumeConfig', name: 'data' }]);
  });

  test('says where a configuration is broken, and shows nothing of it', () => {
    assert.throws(() => factsOf('machine:\n  token: "hunter2\n'), {
      type: 'ConfigurationRefused',
      message: /^(?!.*hunter2).*at line \d+, column \d+/,
    });
  });
});
