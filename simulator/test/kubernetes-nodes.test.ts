import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect } from 'node:tls';
import { parse } from 'yaml';
import { build, isHealthy, startFixture, type Fixture, wipe } from './fixture.ts';

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string } }[];
}

describe('the Kubernetes API of simulated control planes', () => {
  test('is reached with the kubeconfig that a control plane hands out', async (t) => {
    const fixture = await startFixture(t, { workers: 1, isCluster: true });
    await fixture.lab.until(() => isHealthy(fixture.lab));
    const file = await kubeconfig(fixture);
    const { clusters, users } = parse(await readFile(file, 'utf8')) as Kubeconfig;
    const ca = new X509Certificate(Buffer.from(clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64'));
    const client = new X509Certificate(Buffer.from(users[0]?.user['client-certificate-data'] ?? '', 'base64'));
    assert.equal(clusters[0]?.cluster.server, `https://${fixture.vip}:6443`);
    assert.ok(client.verify(ca.publicKey));
    assert.match(client.subject, /O=system:masters\nCN=admin/);

    const serving = await servingCertificate(fixture.machine('cp1').address);
    assert.ok(serving.verify(ca.publicKey));
    for (const address of [fixture.vip, fixture.machine('cp1').address, '10.96.0.1'])
      assert.ok(serving.checkIP(address), address);
    for (const name of ['kubernetes', 'kubernetes.default', 'cp1']) assert.ok(serving.checkHost(name), name);
    assert.match(
      (await fixture.on('w1', 'kubeconfig', join(fixture.folder, 'no'))).stderr,
      /kubeconfig is only available on control plane nodes/,
    );
    const nodes = await fixture.kubectl('get', 'nodes', '-o', 'wide');
    assert.match(
      nodes.stdout,
      new RegExp(`cp1\\s+Ready\\s+control-plane\\s+\\S+\\s+v1\\.\\d+\\.\\d+\\s+${fixture.machine('cp1').address}`),
    );
    assert.match(nodes.stdout, /w1\s+Ready\s+<none>/);
  });

  test('shows nodes as not ready until there is a pod network, where Talos installs none', async (t) => {
    const edit = (text: string) =>
      text.replace(
        '    network:\n        dnsDomain',
        '    network:\n        cni:\n            name: none\n        dnsDomain',
      );
    const fixture = await startFixture(t, { workers: 1, edit });
    const wait = build(fixture);
    await fixture.lab.until(
      () => fixture.lab.journal.states('w1', 'node').length > 0 && fixture.lab.journal.states('cp1', 'node').length > 0,
    );
    await kubeconfig(fixture);
    assert.match((await fixture.kubectl('get', 'nodes')).stdout, /cp1\s+NotReady[\s\S]*w1\s+NotReady/);
    const manifest = join(fixture.folder, 'cni.yaml');
    const labels = { app: 'cilium' };
    await writeFile(
      manifest,
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: 'cilium', namespace: 'kube-system' },
        spec: {
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'agent', image: 'cilium' }] } },
        },
      }),
    );
    const applied = await fixture.kubectl('apply', '--server-side', '-f', manifest);
    assert.equal(applied.code, 0, applied.stderr);
    // Applied objects are a change that the nodes notice with the next one in the lab.
    await wait;
    assert.match((await fixture.kubectl('get', 'nodes')).stdout, /cp1\s+Ready[\s\S]*w1\s+Ready/);
  });

  test('says of a node that is off for a while that it is not ready', async (t) => {
    const fixture = await startFixture(t, { workers: 1, isCluster: true });
    await fixture.lab.until(() => isHealthy(fixture.lab));
    await kubeconfig(fixture);
    fixture.machine('w1').powerOff();
    await fixture.lab.until(() => fixture.lab.journal.states('w1', 'node').at(-1)?.value === 'lost');
    assert.match((await fixture.kubectl('get', 'nodes')).stdout, /w1\s+NotReady/);
    fixture.machine('w1').powerOn();
    await fixture.lab.until(() => isHealthy(fixture.lab));
    assert.match((await fixture.kubectl('get', 'nodes')).stdout, /w1\s+Ready/);
  });

  test('is a new one after a rebuild: nothing of the old cluster is in it, nor do its credentials work', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    await fixture.lab.until(() => isHealthy(fixture.lab));
    await kubeconfig(fixture);
    await fixture.kubectl('create', 'secret', 'generic', 'old');
    await fixture.on('cp1', 'reset', ...wipe, 'STATE,EPHEMERAL');
    await fixture.lab.until(() => fixture.machine('cp1').inspect().api === 'maintenance');
    await build(fixture);
    assert.match((await fixture.kubectl('get', 'secret', 'old')).stderr, /NotFound/);
  });
});

async function kubeconfig(fixture: Fixture): Promise<string> {
  const file = join(fixture.folder, 'kubeconfig');
  const result = await fixture.on('cp1', 'kubeconfig', file, '--merge=false', '--force');
  if (result.code !== 0) throw new Error(result.stderr);
  return file;
}

function servingCertificate(host: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 6443, rejectUnauthorized: false }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
