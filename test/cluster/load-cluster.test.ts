import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { loadCluster } from '../../src/cluster/load-cluster.ts';
import { Failure } from '../../src/run/failure.ts';
import { clusterYaml, writeFiles } from './cluster-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** The mistakes that are found in a cluster.yaml: `line:column what → remedy`, less the folder. */
async function mistakes(t: TestContext, yaml: string, files: Record<string, string> = {}): Promise<string[]> {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { ...files, 'cluster.yaml': yaml });
  try {
    await loadCluster(path.join(folder, 'cluster.yaml'));
    return [];
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.type, 'ClusterFileInvalid');
    const [verdict = '', ...lines] = error.message.replaceAll(`${folder}/`, '').split('\n');
    assert.match(verdict, /^cluster\.yaml has (?:a mistake|\d+ mistakes); nothing was done\.$/);
    return lines;
  }
}

async function load(t: TestContext, yaml: string, files: Record<string, string> = {}) {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { ...files, 'cluster.yaml': yaml });
  return { folder, ...(await loadCluster(path.join(folder, 'cluster.yaml'))) };
}

describe('a cluster.yaml without mistakes', () => {
  test('becomes a definition with every default filled in', async (t) => {
    const { folder, definition, warnings } = await load(t, clusterYaml());

    assert.deepEqual(warnings, []);
    const timeouts = { resetMs: 900_000, applyMs: 600_000, bootstrapMs: 600_000, verifyMs: 1_200_000 };
    assert.deepEqual(definition, {
      name: 'home',
      endpoint: 'https://192.168.1.10:6443',
      vip: { address: '192.168.1.10', link: 'end0' },
      talos: { version: 'v1.13.9' },
      kubernetes: { version: '1.36.0' },
      folder: path.join(folder, 'secrets'),
      secrets: 'new',
      nodes: [
        {
          name: 'a',
          role: 'controlplane',
          address: '192.168.1.11',
          link: 'end0',
          installDisk: '/dev/sda',
          installImage: 'factory.talos.dev/installer/0123:v1.13.9',
          macs: [],
          patches: [],
          unreadableVolumes: [],
          timeouts,
        },
      ],
      patches: { all: [], controlplane: [], worker: [] },
      afterBootstrap: { manifests: [], commands: [] },
      dropped: [],
      approval: { before: ['reset'], expiresMs: 86_400_000, remindEveryMs: 3_600_000 },
      notify: [],
      failover: { budgetMs: 60_000 },
      timeouts,
      merge: {},
    });
  });

  test('lets a machine say otherwise than the cluster', async (t) => {
    const { definition } = await load(
      t,
      clusterYaml({
        nodes:
          '[{ name: a, role: controlplane, address: 192.168.1.11, link: eth1, installDisk: /dev/nvme0n1, macs: ["D8:3A:DD:00:11:22"], timeouts: { reset: 1h } }]',
        timeouts: '{ reset: 20m, apply: 5m }',
      }),
    );

    const [node] = definition.nodes;
    assert.equal(node?.link, 'eth1');
    assert.equal(node.installDisk, '/dev/nvme0n1');
    assert.deepEqual(node.macs, ['d8:3a:dd:00:11:22']);
    assert.equal(node.timeouts.resetMs, 3_600_000);
    assert.equal(node.timeouts.applyMs, 300_000);
    assert.equal(definition.timeouts.resetMs, 1_200_000);
  });

  test('writes versions in the one form that Talos and Kubernetes use, however they were written', async (t) => {
    const { definition } = await load(
      t,
      clusterYaml({
        talos: '{ version: 1.13.9, installDisk: /dev/sda, installImage: "x/installer:v1.13.9" }',
        kubernetes: '{ version: v1.36.0 }',
      }),
    );

    assert.equal(definition.talos.version, 'v1.13.9');
    assert.equal(definition.kubernetes.version, '1.36.0');
  });

  test('starts paths at its own folder and knows the home folder', async (t) => {
    const { folder, definition, sources } = await load(
      t,
      clusterYaml({
        patches: '{ all: [patches/p.yaml] }',
        merge: '{ kubeconfig: ~/.kube/config }',
        folder: '~/.talos',
      }),
      { 'patches/p.yaml': 'machine: { sysctls: { a: b } }\n' },
    );

    assert.deepEqual(definition.patches.all, [path.join(folder, 'patches/p.yaml')]);
    assert.equal(definition.merge.kubeconfig, path.join(homedir(), '.kube/config'));
    assert.equal(definition.folder, path.join(homedir(), '.talos'));
    assert.deepEqual([...sources.keys()], [path.join(folder, 'cluster.yaml'), path.join(folder, 'patches/p.yaml')]);
  });

  test('may use anchors and merge keys for what machines have in common', async (t) => {
    const { definition } = await load(
      t,
      clusterYaml({
        nodes: `
  - &first { name: a, role: controlplane, address: 192.168.1.11, installDisk: /dev/sdb }
  - { <<: *first, name: b, role: worker, address: 192.168.1.12 }`,
      }),
    );

    assert.deepEqual(
      definition.nodes.map((node) => [node.name, node.installDisk]),
      [
        ['a', '/dev/sdb'],
        ['b', '/dev/sdb'],
      ],
    );
  });

  test('passes on what it warns of, with the machine that it is about', async (t) => {
    const { warnings } = await load(
      t,
      clusterYaml({
        nodes:
          '[{ name: a, role: controlplane, address: 192.168.1.11 }, { name: b, role: controlplane, address: 192.168.1.12, installImage: "x/installer:v1.13.8" }]',
      }),
    );

    assert.deepEqual(warnings, [
      {
        severity: 'warning',
        seen: '2 control planes survive no more losses than 1: etcd needs a majority',
        remedy: 'use an odd number of control planes',
      },
      {
        severity: 'warning',
        node: 'b',
        seen: 'the image is tagged v1.13.8, but the machines run Talos v1.13.9',
        remedy: 'write x/installer:v1.13.9, or correct `talos.version`',
      },
    ]);
  });
});

describe('a cluster.yaml with mistakes', () => {
  test('hears of all of them at once, each with its place and what to write instead', async (t) => {
    const found = await mistakes(
      t,
      `name: Home
endpoint: http://192.168.1.10:6443
vip: { address: 192.168.1.300, lnk: end0 }
talos:
  version: v1.13
  installDisk: /dev/sda
  installImage: factory.talos.dev/installer/<schematic>:v1.13.9
kubernetes: { version: 1.36 }
folder:
installDisk: /dev/sda
alarm: []
nodes:
  - { name: a, role: control-plane, address: 192.168.1.11, patches: [no.yaml, 6902.yaml] }
  - name: a
    address: 192.168.1.11
    macs: [d83add001122]
approval: { expires: 24, remindEvery: often }
bootstrapNode: c
`,
      { '6902.yaml': '# old form\n- op: remove\n  path: /machine\n' },
    );

    assert.deepEqual(found, [
      'cluster.yaml:1:1: secrets is missing → add it: new (draw new secrets) or keep (take those of the current set)',
      'cluster.yaml:1:7: name: "Home" is not a host name (RFC 1123) → use lower-case letters, digits and hyphens, at most 63, for example pi-11',
      'cluster.yaml:2:11: endpoint: "http://192.168.1.10:6443" is not an endpoint of the form https://host:port → write for example https://192.168.1.10:6443',
      'cluster.yaml:3:6: vip.link is missing → add it: the network link by its kernel name, alias or altName, for example end0 (`talosctl get links` shows them)',
      'cluster.yaml:3:17: vip.address: "192.168.1.300" is not an IPv4 address → write one such as 192.168.1.10',
      'cluster.yaml:3:32: unknown key `lnk` → did you mean `link`?',
      'cluster.yaml:5:12: talos.version: "v1.13" is not a version → write all three numbers, for example v1.13.9',
      'cluster.yaml:7:17: talos.installImage: the image still holds a placeholder → put the schematic id from factory.talos.dev in its place',
      'cluster.yaml:8:24: kubernetes.version is 1.36, read as a number → write text (in quotes if it looks like a number): the Kubernetes version, for example 1.36.0',
      'cluster.yaml:9:8: folder is empty → fill it in or remove the key: the folder for secrets, backups and reports of this cluster, for example ~/.talos-secrets',
      'cluster.yaml:10:1: unknown key `installDisk` → it belongs under `talos` or `nodes[]`',
      'cluster.yaml:11:1: unknown key `alarm` → remove it; known here: name, endpoint, vip, talos, kubernetes, folder, talosconfig, secrets, nodes, bootstrapNode, patches, dropped, afterBootstrap, approval, notify, failover, timeouts, merge',
      'cluster.yaml:13:22: nodes[0].role cannot be "control-plane" → did you mean `controlplane`?',
      'cluster.yaml:13:70: the patch no.yaml does not exist or cannot be read → correct the path (it starts at the folder of this file) or remove it',
      'cluster.yaml:14:5: nodes[1].role is missing → add it: controlplane or worker',
      'cluster.yaml:14:11: the name a is already that of a → give each machine its own name',
      'cluster.yaml:15:14: the address 192.168.1.11 is already that of a → give each machine its own address',
      'cluster.yaml:16:12: nodes[1].macs[0]: "d83add001122" is not a hardware address → write one such as d8:3a:dd:00:11:22',
      'cluster.yaml:17:22: approval.expires is 24, read as a number → write text (in quotes if it looks like a number): how long the approval is waited for; default 24h',
      'cluster.yaml:17:39: approval.remindEvery: "often" is not a duration → write days, hours, minutes, seconds: 24h, 1h30m, 60s',
      'cluster.yaml:18:16: there is no machine named c → name a control plane',
      '6902.yaml:2:1: this is a JSON 6902 patch (a list of `op` and `path`), which Talos refuses since 1.12 → write a strategic-merge patch: the keys as they stand in the machine configuration',
    ]);
  });

  test('hears of broken YAML by line and column', async (t) => {
    assert.deepEqual(await mistakes(t, 'name: "home\nvip: {\n'), [
      'cluster.yaml:3:1: not valid YAML here: Missing closing "quote → check colons, quotes and brackets in this line and the one above',
    ]);
    assert.deepEqual(await mistakes(t, 'talos:\n\tversion: v1.13.9\n'), [
      'cluster.yaml:2:1: a tab is used to indent → indent with spaces',
    ]);
  });

  test('hears of a key given twice beside everything else', async (t) => {
    const found = await mistakes(t, `${clusterYaml({ secrets: 'old' })}name: other\n`);
    assert.deepEqual(found, [
      'cluster.yaml:7:10: secrets cannot be "old" → write new or keep',
      'cluster.yaml:9:1: the key `name` is given twice → keep one of the two',
    ]);
  });

  test('hears what is wrong inside a patch, at its place in the patch', async (t) => {
    const found = await mistakes(t, clusterYaml({ patches: '{ worker: [p.yaml], all: [empty.yaml, p.yaml] }' }), {
      'p.yaml': `machine:
  network:
    hostname: x
    interfaces:
      - interface: eth0
        vip: { ip: 192.168.1.10 }
---
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: 192.168.1.10
link: eth0
---
machine: [
`,
      'empty.yaml': '# nothing\n',
    });
    assert.deepEqual(found, [
      'empty.yaml:1:1: the patch is empty → fill it in, or remove it from the list',
      "p.yaml:3:15: the patch sets the host name → remove it: the tool sets each machine's host name from `nodes[].name`",
      'p.yaml:6:9: the patch sets a virtual IP → remove it: the tool gives the virtual IP to the control planes, from `vip` and `link`',
      'p.yaml:9:7: the patch sets a virtual IP → remove it: the tool gives the virtual IP to the control planes, from `vip` and `link`',
      'p.yaml:14:1: not valid YAML here: Flow sequence in block collection must be sufficiently indented and end with a ] → check colons, quotes and brackets in this line and the one above',
    ]);
  });

  test('does not quote a patch, which may hold secrets', async (t) => {
    const found = await mistakes(t, clusterYaml({ patches: '{ all: [p.yaml] }' }), {
      'p.yaml': 'machine:\n  token: "s3cr3t-value\n',
    });
    assert.equal(found.length, 1);
    assert.doesNotMatch(found.join(), /s3cr3t/);
  });

  test('hears of a talosconfig and of manifests that are not there', async (t) => {
    const found = await mistakes(
      t,
      clusterYaml({ talosconfig: 'tc', afterBootstrap: '{ manifests: [cilium.yaml, broken.yaml] }' }),
      { 'broken.yaml': 'a: b: c\n' },
    );
    assert.equal(found.length, 3);
    assert.match(found[0] ?? '', /^cluster\.yaml:9:14: the talosconfig tc does not exist/);
    assert.match(found[1] ?? '', /^cluster\.yaml:10:31: the manifest cilium\.yaml does not exist/);
    assert.match(found[2] ?? '', /^broken\.yaml:1:4: not valid YAML here/);
  });

  test('is refused as a file that is not there, a folder, an empty file, two documents, or something else', async (t) => {
    const folder = await temporaryFolder(t);
    const refused = (file: string, message: RegExp) =>
      assert.rejects(loadCluster(file), (error) => error instanceof Failure && message.test(error.message));
    await refused(
      path.join(folder, 'no.yaml'),
      /no\.yaml: there is no such file → name the cluster\.yaml of your cluster/,
    );
    await refused(folder, /this is a folder/);
    assert.deepEqual(await mistakes(t, '# nothing here\n'), [
      'cluster.yaml:1:1: the file is empty → describe the cluster; examples/raspberry-pi/cluster.yaml is one to begin with',
    ]);
    assert.deepEqual(await mistakes(t, `${clusterYaml()}---\na: b\n`), [
      'cluster.yaml:10:1: a second document begins here → write one cluster in one document, without `---` between its parts',
    ]);
    assert.deepEqual(await mistakes(t, '- a\n- b\n'), [
      'cluster.yaml:1:1: the file is a list → write keys with values: A Talos cluster as talos-rebuild builds it.',
    ]);
  });
});
