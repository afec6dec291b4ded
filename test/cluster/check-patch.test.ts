import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPatchDocument } from '../../src/cluster/check-patch.ts';

const found = (document: unknown): string[] =>
  checkPatchDocument(document).map(({ path, what }) => `${path.join('.')}: ${what}`);

test('lets strategic-merge patches and documents of other kinds pass', () => {
  assert.deepEqual(
    found({ machine: { kubelet: {}, network: { interfaces: [{ interface: 'eth0', dhcp: true }] } } }),
    [],
  );
  assert.deepEqual(found({ apiVersion: 'v1alpha1', kind: 'UserVolumeConfig', name: 'x', $patch: 'delete' }), []);
});

test('refuses JSON 6902 and any other list or text', () => {
  assert.match(found([{ op: 'add', path: '/machine', value: {} }]).join(), /JSON 6902/);
  assert.match(found([{ machine: {} }]).join(), /this is a list/);
  assert.match(found('machine').join(), /this is not a patch/);
});

test('refuses host names and virtual IPs, wherever they hide', () => {
  const vip = { ip: '192.168.1.10' };
  assert.deepEqual(found({ kind: 'HostnameConfig', hostname: 'x' }), ['kind: the patch sets the host name']);
  assert.deepEqual(found({ machine: { network: { hostname: 'x' } } }), [
    'machine.network.hostname: the patch sets the host name',
  ]);
  assert.deepEqual(found({ machine: { network: { interfaces: [{}, { vip, vlans: [{ vlanId: 5, vip }] }] } } }), [
    'machine.network.interfaces.1.vip: the patch sets a virtual IP',
    'machine.network.interfaces.1.vlans.0.vip: the patch sets a virtual IP',
  ]);
});
