import assert from 'node:assert/strict';
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ClusterDefinition } from '../../src/run/cluster-definition.ts';
import { Failure } from '../../src/run/failure.ts';
import { at, documentsOfKind, mainDocument, parseConfiguration } from '../../src/talos/config-documents.ts';
import { genSecrets, genTalosconfig } from '../../src/talos/generate.ts';
import { renderConfigurations } from '../../src/talos/render-configurations.ts';
import { clusterOf, nodeDefinition, talosctl } from './real-talosctl.ts';
import { secretsOf } from '../drawn-secrets.ts';
import { newFolder, temporaryFolder } from '../temporary-folder.ts';

describe('renderConfigurations', () => {
  test('gives every machine its hostname, and the VIP to control planes alone', async (t) => {
    const { rendered, textOf } = await render(t, clusterOf());

    assert.deepEqual(
      rendered.map(({ node, facts }) => [node, facts.hostname, facts.machineType, facts.vips.length]),
      [
        ['pi-11', 'pi-11', 'controlplane', 1],
        ['pi-12', 'pi-12', 'controlplane', 1],
        ['pi-13', 'pi-13', 'controlplane', 1],
        ['pi-14', 'pi-14', 'worker', 0],
      ],
    );
    const documents = parseConfiguration(await textOf('pi-12'));
    assert.deepEqual(documentsOfKind(documents, 'HostnameConfig'), [
      { apiVersion: 'v1alpha1', kind: 'HostnameConfig', auto: 'off', hostname: 'pi-12' },
    ]);
    assert.deepEqual(documentsOfKind(documents, 'Layer2VIPConfig'), [
      { apiVersion: 'v1alpha1', kind: 'Layer2VIPConfig', name: '192.168.1.10', link: 'end0' },
    ]);
    assert.deepEqual(rendered[0]?.facts.apiServerSans, ['192.168.1.10']);
  });

  test('writes the same bytes for the same input, with patches on every level', async (t) => {
    const folder = await temporaryFolder(t);
    const patch = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const cluster = clusterOf({
      nodes: [
        nodeDefinition('pi-11', 'controlplane', '192.168.1.11', {
          patches: [await patch('node.yaml', 'machine:\n  nodeLabels:\n    storage: usb\n')],
          installDisk: '/dev/sda',
        }),
        nodeDefinition('pi-14', 'worker', '192.168.1.14'),
      ],
      patches: {
        all: [await patch('all.yaml', 'machine:\n  sysctls:\n    vm.max_map_count: "262144"\n')],
        controlplane: [await patch('cp.yaml', 'cluster:\n  allowSchedulingOnControlPlanes: true\n')],
        worker: [await patch('worker.yaml', 'machine:\n  nodeLabels:\n    tier: worker\n')],
      },
    });
    const first = await render(t, cluster);
    const second = await render(t, cluster);

    assert.deepEqual(
      second.rendered.map(({ node, sha256 }) => [node, sha256]),
      first.rendered.map(({ node, sha256 }) => [node, sha256]),
    );
    assert.equal(await second.textOf('pi-11'), await first.textOf('pi-11'));
    const main = mainDocument(parseConfiguration(await first.textOf('pi-11')));
    assert.equal(at(main, 'machine', 'nodeLabels', 'storage'), 'usb');
    assert.equal(at(main, 'machine', 'sysctls', 'vm.max_map_count'), '262144');
    assert.equal(at(main, 'cluster', 'allowSchedulingOnControlPlanes'), true);
    assert.equal(at(main, 'machine', 'install', 'disk'), '/dev/sda');
    const worker = mainDocument(parseConfiguration(await first.textOf('pi-14')));
    assert.equal(at(worker, 'machine', 'nodeLabels', 'tier'), 'worker');
    assert.equal(at(worker, 'machine', 'install', 'disk'), '/dev/mmcblk0');
  });

  test('leaves nothing in the set but files that only their owner may read', async (t) => {
    const { setFolder } = await render(t, clusterOf());

    assert.deepEqual(await readdir(setFolder), ['nodes']);
    assert.equal((await stat(join(setFolder, 'nodes'))).mode & 0o777, 0o700);
    for (const file of await readdir(join(setFolder, 'nodes'))) {
      assert.equal((await stat(join(setFolder, 'nodes', file))).mode & 0o777, 0o600, file);
    }
  });

  test('uses the old form of hostname and VIP before Talos 1.12, and keeps DHCP on the link', async (t) => {
    const { textOf } = await render(t, clusterOf({ talos: { version: 'v1.11.5' }, kubernetes: { version: '1.34.0' } }));

    const documents = parseConfiguration(await textOf('pi-11'));
    assert.equal(documents.length, 1);
    assert.deepEqual(at(mainDocument(documents), 'machine', 'network'), {
      hostname: 'pi-11',
      interfaces: [{ interface: 'end0', dhcp: true, vip: { ip: '192.168.1.10' } }],
    });
    const worker = mainDocument(parseConfiguration(await textOf('pi-14')));
    assert.deepEqual(at(worker, 'machine', 'network'), { hostname: 'pi-14' });
  });

  test('refuses a patch that Talos refuses, names the machine, and shows no secret', async (t) => {
    const folder = await temporaryFolder(t);
    const patch = join(folder, 'broken.yaml');
    await writeFile(patch, 'machine:\n  network:\n    hostname: other\n');
    const cluster = clusterOf({
      nodes: [nodeDefinition('pi-11', 'controlplane', '192.168.1.11', { patches: [patch] })],
    });

    await assert.rejects(render(t, cluster), (error: Failure) => {
      assert.equal(error.type, 'ConfigurationRefused');
      assert.match(error.message, /^pi-11: .*hostname is already set/);
      return true;
    });
  });

  test('refuses a worker that a patch gives the VIP', async (t) => {
    const folder = await temporaryFolder(t);
    const patch = join(folder, 'vip.yaml');
    await writeFile(patch, 'apiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 192.168.1.10\nlink: end0\n');
    const cluster = clusterOf({ nodes: [nodeDefinition('pi-14', 'worker', '192.168.1.14', { patches: [patch] })] });

    await assert.rejects(render(t, cluster), { type: 'ConfigurationRefused', message: /^pi-14: .*worker a VIP/ });
  });
});

describe('the first cluster', () => {
  test('keeps its USB disk: the patches that come with this project make a valid configuration', async (t) => {
    const patches = fileURLToPath(new URL('../../patches', import.meta.url));
    const cluster = clusterOf({
      nodes: [
        nodeDefinition('pi-11', 'controlplane', '192.168.1.11', { patches: [join(patches, 'node-11-storage.yaml')] }),
      ],
      patches: { all: [join(patches, 'kubelet-local-path.yaml')], controlplane: [], worker: [] },
    });
    const { rendered } = await render(t, cluster);

    assert.deepEqual(rendered[0]?.warnings, []);
    assert.ok(rendered[0]?.facts.volumes.length);
    assert.ok(rendered[0]?.facts.volumes.every(({ kind }) => kind !== 'machine.disks'));
  });
});

describe('genSecrets', () => {
  test('never draws over secrets that are there', async (t) => {
    const file = join(await temporaryFolder(t), 'secrets.yaml');

    const atOnce = await Promise.all([1, 2].map(() => genSecrets(talosctl, file, 'v1.13.9')));
    assert.deepEqual(atOnce.toSorted(), ['drawn', 'kept']);
    const drawn = await readFile(file, 'utf8');
    assert.equal(await genSecrets(talosctl, file, 'v1.13.9'), 'kept');
    assert.equal(await readFile(file, 'utf8'), drawn);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });
});

describe('genTalosconfig', () => {
  test('leads to the control planes, never to the VIP, and to no node by default', async (t) => {
    const folder = await temporaryFolder(t);
    const secrets = join(folder, 'secrets.yaml');
    await writeFile(secrets, await secretsOf('old'));

    await genTalosconfig(talosctl, clusterOf(), secrets, join(folder, 'talosconfig'));

    const talosconfig = mainDocument(parseConfiguration(await readFile(join(folder, 'talosconfig'), 'utf8')));
    const context = at(talosconfig, 'contexts', 'talos-k8s-cluster');
    assert.deepEqual(at(context, 'endpoints'), ['192.168.1.11', '192.168.1.12', '192.168.1.13']);
    assert.equal(at(context, 'nodes'), undefined);
    assert.equal((await stat(join(folder, 'talosconfig'))).mode & 0o777, 0o600);
  });
});

/** Drawn once for all tests: keys take a while. */
const drawnFor = new Map<string, Promise<string>>();

function drawSecrets(talosVersion: string): Promise<string> {
  const known = drawnFor.get(talosVersion);
  const drawn = known ?? draw(talosVersion);
  drawnFor.set(talosVersion, drawn);
  return drawn;
}

async function draw(talosVersion: string): Promise<string> {
  const file = join(await newFolder(), 'secrets.yaml');
  await genSecrets(talosctl, file, talosVersion);
  return file;
}

after(async () => {
  for (const file of drawnFor.values()) await rm(dirname(await file), { recursive: true });
});

async function render(t: TestContext, cluster: ClusterDefinition) {
  const setFolder = await temporaryFolder(t);
  const secretsFile = await drawSecrets(cluster.talos.version);
  const rendered = await renderConfigurations({ talosctl, cluster, secretsFile, setFolder });
  const textOf = (node: string): Promise<string> => readFile(join(setFolder, 'nodes', `${node}.yaml`), 'utf8');
  return { rendered, textOf, setFolder };
}
