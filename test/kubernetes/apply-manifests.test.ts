import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { applyManifests } from '../../src/kubernetes/apply-manifests.ts';
import { StatusError } from '../../simulator/src/kubernetes/status.ts';
import type { KubernetesStore } from '../../simulator/src/kubernetes/store.ts';
import { isKubernetesError } from './failures.ts';
import { kubectl } from './kubectl.ts';
import { startCluster, type SimulatedCluster } from '../../simulator/test/simulated-cluster.ts';

async function manifest({ folder }: SimulatedCluster, name: string, ...documents: string[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, documents.join('\n---\n'));
  return file;
}

const namespace = `
apiVersion: v1
kind: Namespace
metadata: { name: apps }
`;
const configMap = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: apps }
data: { value: one }
`;
const widget = `
apiVersion: example.org/v1
kind: Widget
metadata: { name: blue, namespace: apps }
spec: { size: 7 }
`;
const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.org }
spec:
  group: example.org
  scope: Namespaced
  names: { plural: widgets, singular: widget, kind: Widget }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]
`;

function versions(store: KubernetesStore): (string | undefined)[] {
  return [
    ...store.list('', 'namespaces'),
    ...store.list('', 'configmaps'),
    ...store.list('example.org', 'widgets'),
    ...store.list('apiextensions.k8s.io', 'customresourcedefinitions'),
  ].map(({ metadata }) => metadata.resourceVersion);
}

describe('applyManifests', { timeout: 30_000 }, () => {
  test('applies namespaces and definitions first, waits for the new kind, and changes nothing the second time', async (t) => {
    const cluster = await startCluster(t, { store: { establishDefinitionsAfterMs: 300 } });
    const { store, kubeconfig } = cluster;
    const file = await manifest(cluster, 'all.yaml', widget, configMap, '# nothing', definition, namespace);

    const applied = await applyManifests({ kubeconfig }, [file]);
    assert.deepEqual(
      applied.map(({ document, kind, name }) => `${document} ${kind} ${name}`),
      ['5 Namespace apps', '4 CustomResourceDefinition widgets.example.org', '1 Widget blue', '2 ConfigMap settings'],
    );
    assert.ok(store.get({ group: 'example.org', resource: 'widgets', namespace: 'apps', name: 'blue' }));

    const before = versions(store);
    await applyManifests({ kubeconfig }, [file]);
    assert.deepEqual(versions(store), before);
  });

  test('sets its fields, also those that others had set, and leaves all other fields', async (t) => {
    const cluster = await startCluster(t);
    const { kubeconfig, store } = cluster;
    await applyManifests({ kubeconfig }, [await manifest(cluster, 'one.yaml', namespace, configMap)]);
    const patch = ['patch', 'cm', 'settings', '-n', 'apps', '-p', '{"data":{"value":"two","other":"theirs"}}'];
    assert.equal((await kubectl(patch, cluster)).exitCode, 0);
    await applyManifests({ kubeconfig }, [await manifest(cluster, 'one.yaml', configMap)]);
    const found = store.get({ group: '', resource: 'configmaps', namespace: 'apps', name: 'settings' });
    assert.deepEqual(found?.['data'], { value: 'one', other: 'theirs' });
  });

  test('takes lists apart, and puts objects that name no namespace into that of the context', async (t) => {
    const cluster = await startCluster(t);
    const list = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: ['a', 'b'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })),
    });
    await applyManifests(cluster, [await manifest(cluster, 'list.json', list)]);
    const names = cluster.store.list('', 'configmaps', 'default').map(({ metadata }) => metadata.name);
    assert.deepEqual(names, ['a', 'b']);
  });

  test('waits out an API server in trouble', async (t) => {
    let refusals = 2;
    const cluster = await startCluster(t, {
      onRequest: async ({ method }) => {
        if (method === 'PATCH' && refusals-- > 0) throw new Error('planted');
      },
    });
    await applyManifests(cluster, [await manifest(cluster, 'one.yaml', namespace)]);
    assert.ok(cluster.store.get({ group: '', resource: 'namespaces', namespace: '', name: 'apps' }));
  });

  test('gives up on a kind that never comes, and names file, document and object', async (t) => {
    const cluster = await startCluster(t);
    const file = await manifest(cluster, 'widget.yaml', namespace, widget);
    const applying = applyManifests(cluster, [file], { patienceMs: 300 });
    const message = /widget\.yaml, document 2, Widget apps\/blue: the cluster has no kind Widget in example\.org\/v1/;
    await assert.rejects(applying, isKubernetesError('refused', message));
  });

  test('does not try again what the API server refuses for good', async (t) => {
    const requests: string[] = [];
    const cluster = await startCluster(t, {
      onRequest: ({ method }) => {
        requests.push(method);
        return Promise.resolve();
      },
    });
    const file = await manifest(cluster, 'one.yaml', configMap);
    const message = /one\.yaml, document 1, ConfigMap apps\/settings: .*answered 404: namespaces "apps" not found/;
    await assert.rejects(applyManifests(cluster, [file]), isKubernetesError('refused', message));
    assert.deepEqual(requests, ['GET', 'PATCH']);
  });

  test('sends nothing when one of the files cannot be read as manifests', async (t) => {
    const requests: string[] = [];
    const cluster = await startCluster(t, {
      onRequest: ({ path }) => {
        requests.push(path);
        return Promise.resolve();
      },
    });
    const good = await manifest(cluster, 'good.yaml', namespace);
    const cases: [content: string, problem: RegExp][] = [
      ['kind: ConfigMap\nmetadata: {name: a}', /document 1: the object has no apiVersion/],
      ['apiVersion: v1\nkind: ConfigMap', /document 1: the object has no metadata\.name/],
      ['apiVersion: v1\nkind: List\nitems: [{kind: Pod}]', /the object has no apiVersion/],
      ['just words', /document 1: this is no Kubernetes object/],
      [`${namespace}---\na: "secret\n---\n`, /document 2: this is no valid YAML \(line \d+, column \d+\)$/],
    ];
    for (const [content, problem] of cases) {
      const bad = await manifest(cluster, 'bad.yaml', content);
      await assert.rejects(applyManifests(cluster, [good, bad]), (error: Error) => {
        assert.doesNotMatch(error.message, /secret/);
        return isKubernetesError('invalid', problem)(error);
      });
    }
    const missing = join(cluster.folder, 'none.yaml');
    await assert.rejects(applyManifests(cluster, [missing]), isKubernetesError('invalid', /there is no such file/));
    assert.deepEqual(requests, []);
  });

  test('never quotes what the API server says about a secret', async (t) => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: token }\nstringData: { a: hunter2 }';
    const cluster = await startCluster(t, {
      onRequest: ({ method }) => {
        if (method === 'PATCH') throw new StatusError(422, 'Invalid', 'stringData.a: Invalid value: "hunter2"');
        return Promise.resolve();
      },
    });
    const file = await manifest(cluster, 'secret.yaml', secret);
    await assert.rejects(applyManifests(cluster, [file], { patienceMs: 0 }), (error: Error) => {
      assert.doesNotMatch(error.message, /hunter2/);
      return isKubernetesError('refused', /Secret token: .*answered 422/)(error);
    });
  });
});
