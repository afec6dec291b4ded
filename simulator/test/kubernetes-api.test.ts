import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { describe, test, type TestContext } from 'node:test';
import type { SimulatedNode } from '../src/kubernetes/nodes.ts';
import { createAuthority } from './certificates.ts';
import { kubectl, startKubectl } from '../../test/kubernetes/kubectl.ts';
import { writeKubeconfig } from './kubeconfigs.ts';
import { freshAddress, PORT, startCluster, type SimulatedCluster } from './simulated-cluster.ts';

const node = (role: SimulatedNode['role'], internalIp: string, ready = true): SimulatedNode => ({
  ready,
  role,
  internalIp,
  kubeletVersion: 'v1.36.0',
});

/** Runs a kubectl that has to succeed and gives what it printed. */
async function run(cluster: SimulatedCluster, command: string, input?: string): Promise<string> {
  const result = await kubectl(command.split(' '), { ...cluster, ...(input === undefined ? {} : { input }) });
  assert.equal(result.exitCode, 0, `kubectl ${command}: ${result.stderr}`);
  return result.stdout;
}

async function refusal(cluster: SimulatedCluster, command: string, input?: string): Promise<string> {
  const result = await kubectl(command.split(' '), { ...cluster, ...(input === undefined ? {} : { input }) });
  assert.notEqual(result.exitCode, 0, `kubectl ${command} should have failed`);
  return result.stderr;
}

describe('the simulated Kubernetes API, asked by the real kubectl', () => {
  test('shows nodes with their state, role, version and address', async (t) => {
    const cluster = await startCluster(t);
    cluster.store.setNode('pi-11', node('controlplane', '10.5.0.11'));
    cluster.store.setNode('pi-14', node('worker', '10.5.0.14', false));

    const [head = '', first = '', second = ''] = (await run(cluster, 'get nodes -o wide')).split('\n');
    assert.match(head, /^NAME +STATUS +ROLES +AGE +VERSION +INTERNAL-IP/);
    assert.match(first, /^pi-11 +Ready +control-plane +\S+ +v1\.36\.0 +10\.5\.0\.11/);
    assert.match(second, /^pi-14 +NotReady +<none> +\S+ +v1\.36\.0 +10\.5\.0\.14/);

    const asJson = JSON.parse(await run(cluster, 'get node pi-14 -o json')) as {
      status: { conditions: { type: string; status: string; reason: string; message: string }[] };
    };
    const ready = asJson.status.conditions.find(({ type }) => type === 'Ready');
    assert.equal(ready?.status, 'False');
    assert.equal(ready.reason, 'KubeletNotReady');
    assert.match(ready.message, /^container runtime network not ready/);

    assert.match(await run(cluster, 'get nodes -l node-role.kubernetes.io/control-plane -o name'), /^node\/pi-11$/);
    cluster.store.removeNode('pi-11');
    assert.doesNotMatch(await run(cluster, 'get pods -A -o name'), /pi-11/);
  });

  test('lists what a fresh cluster holds', async (t) => {
    const cluster = await startCluster(t);
    const namespaces = 'namespace/default\nnamespace/kube-node-lease\nnamespace/kube-public\nnamespace/kube-system';
    assert.equal(await run(cluster, 'get namespaces -o name'), namespaces);
    assert.equal(await run(cluster, 'get services -o name'), 'service/kubernetes');
    assert.equal(await run(cluster, 'get secrets -A'), '');
    assert.match(await run(cluster, 'version'), /Server Version: v1\.36\.0/);
    assert.equal(await run(cluster, 'get --raw /readyz'), 'ok');
    assert.match(await run(cluster, 'api-resources --no-headers'), /daemonsets +ds +apps\/v1 +true +DaemonSet/);
  });

  test('creates, applies, changes and deletes objects', async (t) => {
    const cluster = await startCluster(t);
    await run(cluster, 'create namespace apps');
    await run(cluster, 'create secret generic token -n apps --from-literal=a=b');
    assert.equal(await run(cluster, 'get secret token -n apps -o jsonpath={.data.a}'), 'Yg==');
    assert.match(await run(cluster, 'get secrets -A'), /^NAMESPACE.*\napps +token +Opaque +1 /);

    assert.match(await run(cluster, 'apply -f -', configMap('one')), /created/);
    assert.match(await run(cluster, 'apply -f -', configMap('one')), /unchanged/);
    assert.match(await run(cluster, 'apply -f -', configMap('two')), /configured/);
    assert.equal(await run(cluster, 'get cm settings -n apps -o jsonpath={.data.value}'), 'two');
    await run(cluster, 'patch cm settings -n apps --type=json -p [{"op":"remove","path":"/data/value"}]');
    assert.equal(await run(cluster, 'get cm settings -n apps -o jsonpath={.data.value}'), '');

    assert.match(await refusal(cluster, 'get cm other -n apps'), /NotFound.*configmaps "other" not found/);

    await run(cluster, 'delete namespace apps');
    assert.equal(await run(cluster, 'get cm -A -o name'), '');
    assert.match(await refusal(cluster, 'apply -f -', configMap('x')), /namespaces "apps" not found/);
  });

  test('server-side apply leaves an unchanged object as it is, takes back fields, and defends those of others', async (t) => {
    const cluster = await startCluster(t);
    await run(cluster, 'create namespace apps');
    const apply = 'apply --server-side -f - --field-manager';
    const version = () => run(cluster, 'get cm settings -n apps -o jsonpath={.metadata.resourceVersion}');

    await run(cluster, `${apply} first`, configMap('one', { extra: 'yes' }));
    const before = await version();
    await run(cluster, `${apply} first`, configMap('one', { extra: 'yes' }));
    assert.equal(await version(), before);

    assert.match(await refusal(cluster, `${apply} second`, configMap('two')), /conflict with "first".*\.data\.value/s);
    await run(cluster, `${apply} second --force-conflicts`, configMap('two'));
    assert.match(await refusal(cluster, `${apply} first`, configMap('one')), /conflict with "second"/);

    await run(cluster, `${apply} first --force-conflicts`, configMap('one'));
    assert.equal(await run(cluster, 'get cm settings -n apps -o jsonpath={.data}'), '{"value":"one"}');
  });

  test('a DaemonSet counts as the pod network, whichever way it comes', async (t) => {
    const cluster = await startCluster(t);
    assert.equal(cluster.store.podNetworkInstalled, false);
    await run(cluster, 'apply --server-side -f -', daemonSet);
    assert.equal(cluster.store.podNetworkInstalled, true);
    assert.match(await run(cluster, 'get ds -n kube-system'), /^NAME +DESIRED .*\ncilium /);
  });

  test('brings the pods of workloads onto the nodes, and tells when they run', async (t) => {
    const cluster = await startCluster(t);
    cluster.store.setNode('pi-11', node('controlplane', '10.5.0.11', false));
    cluster.store.setNode('pi-14', node('worker', '10.5.0.14', false));
    await run(cluster, 'apply -f -', daemonSet);
    assert.match(
      await run(cluster, 'rollout status ds/cilium -n kube-system --timeout=10s'),
      /successfully rolled out/,
    );
    await run(cluster, 'create deployment web --image=web --replicas=2');
    assert.match(await run(cluster, 'get deployment web'), /\nweb +0\/2/);

    cluster.store.setNode('pi-14', node('worker', '10.5.0.14'));
    assert.match(await run(cluster, 'rollout status deployment/web --timeout=10s'), /successfully rolled out/);
    const places = await run(cluster, 'get pods -l app=web -o jsonpath={.items[*].spec.nodeName}');
    assert.equal(places, 'pi-14 pi-14', 'the control plane is tainted');

    await run(cluster, 'drain pi-14 --ignore-daemonsets');
    assert.match(await run(cluster, 'get deployment web'), /\nweb +0\/2/);
    await run(cluster, 'delete deployment web');
    assert.equal(await run(cluster, 'get pods -o name'), '');
  });

  test('serves the resource of a definition once it is established', async (t) => {
    const cluster = await startCluster(t);
    assert.match(await refusal(cluster, 'apply -f -', widget), /no matches for kind "Widget"/);
    await run(cluster, 'apply -f -', widgetDefinition);
    await run(cluster, 'wait --for=condition=Established crd/widgets.example.org --timeout=10s');
    await run(cluster, 'apply -f -', widget);
    assert.match(await run(cluster, 'get wd'), /^NAME +SIZE\nblue +7$/);
    await run(cluster, 'delete crd widgets.example.org');
    assert.match(await refusal(cluster, 'get widgets.example.org'), /doesn't have a resource type "widgets"/);
  });

  test('tells those who watch of each change', async (t) => {
    const cluster = await startCluster(t);
    cluster.store.setNode('pi-11', node('controlplane', '10.5.0.11', false));
    const watching = startKubectl(['get', 'nodes', '-w', '--no-headers'], cluster);
    const lines = linesOf(t, watching.stdout);
    assert.match(await lines.next(), /^pi-11 +NotReady/);
    cluster.store.setNode('pi-11', node('controlplane', '10.5.0.11'));
    assert.match(await lines.next(), /^pi-11 +Ready/);
    cluster.store.setNode('pi-12', node('controlplane', '10.5.0.12'));
    assert.match(await lines.next(), /^pi-12 +Ready/);
    watching.kill();
    await once(watching, 'exit');
  });

  test('lets kubectl wait for a node', async (t) => {
    const seen = new EventEmitter();
    const onRequest = ({ path }: { path: string }) => {
      seen.emit(path);
      return Promise.resolve();
    };
    const cluster = await startCluster(t, { onRequest });
    const asked = once(seen, '/api/v1/nodes');
    cluster.store.setNode('pi-11', node('controlplane', '10.5.0.11', false));
    const done = run(cluster, 'wait --for=condition=Ready node/pi-11 --timeout=20s');
    await asked;
    cluster.store.setNode('pi-11', node('controlplane', '10.5.0.11'));
    assert.match(await done, /node\/pi-11 condition met/);
  });

  test('refuses an administrator of another cluster', async (t) => {
    const cluster = await startCluster(t);
    const stranger = await createAuthority();
    const kubeconfig = await writeKubeconfig(join(cluster.folder, 'other'), {
      server: `https://${cluster.host}:${PORT}`,
      ca: cluster.authority.certificate,
      client: await stranger.client('admin', 'system:masters'),
    });
    const { stderr } = await kubectl(['get', 'nodes'], { ...cluster, kubeconfig });
    assert.match(stderr, /You must be logged in to the server|provide credentials/);
  });

  test('refuses what a certificate without the rights of an administrator asks for', async (t) => {
    const cluster = await startCluster(t);
    const kubeconfig = await writeKubeconfig(join(cluster.folder, 'viewer'), {
      server: `https://${cluster.host}:${PORT}`,
      ca: cluster.authority.certificate,
      client: await cluster.authority.client('jane', 'viewers'),
    });
    const { stderr } = await kubectl(['get', 'nodes'], { ...cluster, kubeconfig });
    assert.match(
      stderr,
      /nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope/,
    );
  });
});

describe('the addresses of a simulated API server', () => {
  test('an address that is given up takes its open connections with it, and no others', async (t) => {
    const vip = freshAddress();
    const cluster = await startCluster(t, { addresses: [vip] });
    await cluster.api.listen(vip, PORT);
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    const ask = (host: string) => statusWithoutCertificate(cluster, host, agent);

    assert.equal(await ask(vip), 401);
    assert.equal(await ask(cluster.host), 401);
    const open = Object.values(agent.freeSockets).flat();
    assert.equal(open.length, 2);
    const cut = open.find((socket) => socket?.remoteAddress === vip);
    assert.ok(cut);
    const closed = once(cut, 'close');

    await cluster.api.unlisten(vip);
    await closed;
    await assert.rejects(ask(vip), { code: 'ECONNREFUSED' });
    assert.equal(await ask(cluster.host), 401);

    await cluster.api.listen(vip, PORT);
    assert.equal(await ask(vip), 401);
  });

  test('a fault drops the connection without an answer', async (t) => {
    const cluster = await startCluster(t, { onRequest: () => Promise.reject(new Error('planted')) });
    await assert.rejects(statusWithoutCertificate(cluster, cluster.host, new Agent()), { code: 'ECONNRESET' });
  });
});

function statusWithoutCertificate({ authority }: SimulatedCluster, host: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port: PORT, path: '/version', ca: authority.certificate, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', reject);
  });
}

function configMap(value: string, more: { [key: string]: string } = {}): string {
  const metadata = { name: 'settings', namespace: 'apps' };
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value, ...more } });
}

const daemonSet = `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: cilium, namespace: kube-system }
spec:
  selector: { matchLabels: { app: cilium } }
  template:
    metadata: { labels: { app: cilium } }
    spec: { hostNetwork: true, tolerations: [{ operator: Exists }], containers: [{ name: agent, image: cilium }] }
`;

const widget = `
apiVersion: example.org/v1
kind: Widget
metadata: { name: blue }
spec: { size: 7 }
`;

const widgetDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.org }
spec:
  group: example.org
  scope: Namespaced
  names: { plural: widgets, singular: widget, kind: Widget, shortNames: [wd] }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
      additionalPrinterColumns: [{ name: Size, type: integer, jsonPath: .spec.size }]
`;

/** The lines of a stream, one after the other. */
function linesOf(t: TestContext, stream: Readable | null): { next(): Promise<string> } {
  assert.ok(stream);
  const reader = createInterface({ input: stream });
  t.after(() => reader.close());
  const lines = reader[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await lines.next();
      assert.ok(!done, 'the output has ended');
      return value;
    },
  };
}
