import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkCluster } from '../../src/cluster/check-cluster.ts';
import { clusterFileSchema } from '../../src/cluster/schema.ts';

const pi = (name: string, last: number, role = 'controlplane') => ({ name, role, address: `192.168.1.${last}` });

/** What is found in a cluster of three control planes and a worker with these changes: `error key: what`. */
function found(changes: Record<string, unknown> = {}): string[] {
  const file = clusterFileSchema.parse({
    name: 'home',
    endpoint: 'https://192.168.1.10:6443',
    vip: { address: '192.168.1.10', link: 'end0' },
    talos: { version: 'v1.13.9', installDisk: '/dev/sda', installImage: 'x/installer:v1.13.9' },
    kubernetes: { version: '1.36.0' },
    folder: '~/.talos',
    secrets: 'new',
    nodes: [pi('a', 11), pi('b', 12), pi('c', 13), pi('d', 14, 'worker')],
    ...changes,
  });
  return checkCluster(file).map(({ severity, path, what }) => `${severity} ${path.join('.')}: ${what}`);
}

describe('checkCluster', () => {
  test('finds nothing in a good cluster', () => {
    assert.deepEqual(found(), []);
  });

  test('refuses two machines with one hardware address, and a maintenance address that is somebody else’s', () => {
    const macs = ['d8:3a:dd:00:11:22'];
    assert.deepEqual(
      found({
        nodes: [
          { ...pi('a', 11), macs },
          { ...pi('b', 12, 'worker'), macs: ['D8:3A:DD:00:11:22'] },
        ],
      }),
      ['error nodes.1.macs.0: the hardware address d8:3a:dd:00:11:22 is already that of a'],
    );
    assert.deepEqual(
      found({ nodes: [pi('a', 11), { ...pi('b', 12, 'worker'), maintenanceAddress: '192.168.1.11' }] }),
      ['error nodes.1.maintenanceAddress: the address 192.168.1.11 is already that of a'],
    );
  });

  test('lets a machine’s maintenance address be its own address', () => {
    assert.deepEqual(found({ nodes: [{ ...pi('a', 11), maintenanceAddress: '192.168.1.11' }] }), []);
  });

  test('refuses a virtual IP that is a machine’s address, in whichever mode', () => {
    assert.deepEqual(
      found({ nodes: [pi('a', 11), { ...pi('b', 10, 'worker'), maintenanceAddress: '192.168.1.10' }] }),
      [
        'error nodes.1.address: 192.168.1.10 is the virtual IP and cannot be an address of b too',
        'error nodes.1.maintenanceAddress: 192.168.1.10 is the virtual IP and cannot be an address of b too',
      ],
    );
  });

  test('refuses a cluster without a control plane and warns of an even number', () => {
    assert.deepEqual(found({ nodes: [pi('d', 14, 'worker')] }), [
      'error nodes: no machine is a control plane, so nothing can hold the virtual IP',
    ]);
    assert.match(found({ nodes: [pi('a', 11), pi('b', 12)] }).join(), /^warning nodes: 2 control planes/);
    assert.deepEqual(found({ nodes: [pi('a', 11)] }), []);
  });

  test('refuses an endpoint that hangs on one of several control planes', () => {
    const endpoint = 'https://192.168.1.11:6443';
    assert.match(found({ endpoint }).join(), /^error endpoint: the endpoint is the address of a: /);
    assert.match(found({ endpoint, nodes: [pi('a', 11)] }).join(), /^warning endpoint: /);
  });

  test('lets the endpoint be a DNS name, warns of a foreign address, refuses what is neither', () => {
    assert.deepEqual(found({ endpoint: 'https://api.home.arpa:6443' }), []);
    assert.match(
      found({ endpoint: 'https://192.168.1.99:6443' }).join(),
      /^warning endpoint: .*neither the virtual IP/,
    );
    assert.match(found({ endpoint: 'https://api_home:6443' }).join(), /^error endpoint: "api_home" is not a DNS name/);
    assert.match(found({ endpoint: 'https://192.168.1.10:70000' }).join(), /^error endpoint: 70000 is not a port/);
  });

  test('lets only a control plane be bootstrapped', () => {
    assert.deepEqual(found({ bootstrapNode: 'b' }), []);
    assert.deepEqual(found({ bootstrapNode: 'd' }), ['error bootstrapNode: d is a worker and cannot be bootstrapped']);
    assert.deepEqual(found({ bootstrapNode: 'e' }), ['error bootstrapNode: there is no machine named e']);
  });

  test('wants an install disk and an image for every machine, from the cluster or its own', () => {
    const own = { installDisk: '/dev/sda', installImage: 'x/installer@sha256:00' };
    const talos = { version: 'v1.13.9' };
    assert.deepEqual(found({ talos, nodes: [{ ...pi('a', 11), ...own }] }), []);
    assert.deepEqual(found({ talos, nodes: [{ ...pi('a', 11), ...own }, pi('b', 12, 'worker')] }), [
      'error talos: `talos` has no installDisk, nor has b',
      'error talos: `talos` has no installImage, nor has b',
    ]);
  });

  test('warns of an image of another version and refuses one without a tag', () => {
    const talos = (installImage: string) => ({ talos: { version: '1.13.9', installDisk: '/dev/sda', installImage } });
    assert.match(
      found(talos('x:5000/installer:v1.13.8')).join(),
      /^warning talos.installImage: the image is tagged v1.13.8/,
    );
    assert.deepEqual(found(talos('x:5000/installer')), ['error talos.installImage: the image has no tag']);
  });

  test('warns of an approval that expires before it is repeated', () => {
    assert.match(found({ approval: { expires: '30m' } }).join(), /^warning approval.remindEvery: /);
  });
});
