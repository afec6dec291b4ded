import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moveAddresses, rehearsalOf } from '../../demo/rehearsal-file.ts';

const place = {
  baseFolder: '/home/anna/cluster',
  prefix: '127.44.17',
  folder: '/tmp/demo',
  networkManifest: '/tmp/net.yaml',
};
const written = {
  name: 'home',
  endpoint: 'https://192.168.1.10:6443',
  vip: { address: '192.168.1.10', link: 'end0' },
  folder: '~/.talos-secrets',
  talosconfig: '~/.talos/config',
  nodes: [
    { name: 'pi-11', address: '192.168.1.11', maintenanceAddress: '192.168.1.99', patches: ['patches/disk.yaml'] },
    { name: 'pi-14', address: '192.168.1.14' },
  ],
  patches: { all: ['../shared.yaml'] },
};

test('a rehearsal moves addresses to the loopback network and keeps their last numbers', () => {
  const { cluster, remarks } = rehearsalOf(written, place);
  assert.deepEqual(cluster, {
    name: 'home',
    endpoint: 'https://127.44.17.10:6443',
    vip: { address: '127.44.17.10', link: 'end0' },
    folder: '/tmp/demo',
    nodes: [
      { name: 'pi-11', address: '127.44.17.11', patches: ['/home/anna/cluster/patches/disk.yaml'] },
      { name: 'pi-14', address: '127.44.17.14' },
    ],
    patches: { all: ['/home/anna/shared.yaml'] },
  });
  assert.deepEqual(remarks, []);
});

test('a rehearsal runs no command of the file, merges into no file of the person and notifies nobody, and says so', () => {
  const { cluster, remarks } = rehearsalOf(
    {
      ...written,
      merge: { kubeconfig: '~/.kube/config' },
      notify: [{ url: 'https://ntfy.sh/home' }],
      afterBootstrap: { commands: [['cilium', 'install']] },
    },
    place,
  );
  assert.doesNotMatch(JSON.stringify(cluster), /cilium|\.kube|ntfy/);
  assert.deepEqual((cluster as { afterBootstrap: unknown }).afterBootstrap, { manifests: ['/tmp/net.yaml'] });
  assert.equal(remarks.length, 3);
});

test('an endpoint with a name leads to the virtual IP', () => {
  const { cluster } = rehearsalOf({ ...written, endpoint: 'https://k8s.home.lan:6443' }, place);
  assert.equal((cluster as { endpoint: string }).endpoint, 'https://127.44.17.10:6443');
});

test('addresses whose last numbers clash are numbered anew', () => {
  assert.deepEqual(
    [...moveAddresses(['10.0.0.5', '10.0.1.5', '10.0.0.10'], '127.1.2').values()],
    ['127.1.2.11', '127.1.2.12', '127.1.2.13'],
  );
});
