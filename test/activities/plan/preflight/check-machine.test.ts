import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkMachine, isInSubnet } from '../../../../src/activities/plan/preflight/check-machine.ts';
import { describeFinding } from '../../../../src/run/findings.ts';
import type { NodeFacts, NodeLink } from '../../../../src/talos/node-facts.ts';
import { clusterOf, nodeDefinition } from '../../../talos/real-talosctl.ts';

const end0: NodeLink = {
  name: 'end0',
  otherNames: ['enxdca632000001'],
  physical: true,
  kind: '',
  up: true,
  hardwareAddress: 'dc:a6:32:00:00:01',
};
const facts: NodeFacts = {
  identity: { macs: ['dc:a6:32:00:00:01'], serial: '1', uuid: '1' },
  talosVersion: 'v1.13.9',
  machineType: 'controlplane',
  stage: 'running',
  unmetConditions: [],
  links: [end0],
  addresses: [{ cidr: '192.168.1.11/24', link: 'end0', scope: 'global', origin: 'operator' }],
  disks: [],
  discoveredVolumes: [],
  volumes: [],
  diagnostics: [],
};

function findings(change: Partial<NodeFacts>, node = {}): string[] {
  const defined = nodeDefinition('pi-11', 'controlplane', '192.168.1.11', node);
  return checkMachine(clusterOf({ nodes: [defined] }), { node: defined, facts: { ...facts, ...change } }).map(
    (finding) => `${finding.severity}: ${describeFinding(finding)}`,
  );
}

describe('a machine is found again after the wipe', () => {
  test('where DHCP gave it its address', () => assert.deepEqual(findings({}), []));

  test('not where its address comes from its machine configuration', () => {
    const addresses = [{ cidr: '192.168.1.11/24', link: 'end0', scope: 'global', origin: 'configuration' }] as const;
    const [finding, ...others] = findings({ addresses });
    assert.match(
      finding ?? '',
      /^error: pi-11: its address comes from its machine configuration, so .* → reserve an address .*`maintenanceAddress`/,
    );
    assert.deepEqual(others, []);
    assert.deepEqual(findings({ addresses }, { maintenanceAddress: '192.168.1.211' }), []);
    assert.deepEqual(findings({ addresses, stage: 'maintenance' }), [], 'it has been found already');
  });

  for (const kind of ['vlan', 'bond']) {
    test(`not where its address is on a ${kind}`, () => {
      const links = [{ ...end0, name: 'net1', otherNames: [], physical: false, kind }, end0];
      const addresses = [{ cidr: '192.168.1.11/24', link: 'net1', scope: 'global', origin: 'operator' }] as const;
      const found = findings({ links, addresses }, { link: 'net1' });
      assert.deepEqual(found.length, 1);
      assert.match(found[0] ?? '', new RegExp(`^error: pi-11: its address is on the ${kind} link net1`));
    });
  }
});

describe('the link of the VIP', () => {
  test('may be named by an alias', () => assert.deepEqual(findings({}, { link: 'enxdca632000001' }), []));

  test('is not asked of a worker', () => {
    const worker = nodeDefinition('pi-14', 'worker', '192.168.1.14', { link: 'nowhere' });
    const seen = { ...facts, machineType: 'worker' as const };
    assert.deepEqual(checkMachine(clusterOf({ nodes: [worker] }), { node: worker, facts: seen }), []);
  });
});

describe('a person is warned', () => {
  test('of a machine that gets another role', () =>
    assert.match(findings({ machineType: 'worker' })[0] ?? '', /^warning: pi-11: is a worker now and becomes/));

  test('of a volume that cannot be provisioned', () => {
    const volumes = [{ id: 'u-data', phase: 'failed', location: '', errorMessage: 'no disk matched' }];
    assert.match(
      findings({ volumes })[0] ?? '',
      /^warning: pi-11: its volume u-data is in phase failed: no disk matched/,
    );
  });

  test('of what Talos itself warns of', () =>
    assert.match(findings({ diagnostics: ['address overlap: x'] })[0] ?? '', /^warning: pi-11: address overlap: x/));
});

test('an address is in the subnet of an interface or not', () => {
  assert.ok(isInSubnet('192.168.1.10', '192.168.1.12/24'));
  assert.ok(!isInSubnet('192.168.2.10', '192.168.1.12/24'));
  assert.ok(isInSubnet('192.168.1.15', '192.168.1.12/29') && !isInSubnet('192.168.1.16', '192.168.1.12/29'));
  assert.ok(isInSubnet('10.1.2.3', '0.0.0.0/0') && !isInSubnet('192.168.1.13', '192.168.1.12/32'));
  assert.ok(!isInSubnet('192.168.1.10', 'fe80::1/64'));
});
