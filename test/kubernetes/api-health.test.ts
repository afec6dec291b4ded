import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { describe, test, type TestContext } from 'node:test';
import { isRefused, readApiVersion } from '../../src/kubernetes/api-health.ts';
import { createKubernetesApi } from '../../simulator/src/kubernetes/api.ts';
import { createAuthority } from '../../simulator/test/certificates.ts';
import { isKubernetesError } from './failures.ts';
import { writeKubeconfig } from '../../simulator/test/kubeconfigs.ts';
import { freshAddress, PORT, startCluster, type SimulatedCluster } from '../../simulator/test/simulated-cluster.ts';

const never = () => new Promise<never>(() => {});

/** A kubeconfig of an earlier cluster whose endpoint was the same address. */
async function formerKubeconfig({ host, folder }: SimulatedCluster): Promise<string> {
  const former = await createAuthority();
  return writeKubeconfig(join(folder, 'former'), {
    server: `https://${host}:${PORT}`,
    ca: former.certificate,
    client: await former.client('admin', 'system:masters'),
  });
}

/** A server that takes connections and says nothing. */
async function silentServer(t: TestContext): Promise<string> {
  const host = freshAddress();
  const server = createServer((socket) => t.after(() => socket.destroy()));
  t.after(() => server.close());
  await once(server.listen(PORT, host), 'listening');
  return `https://${host}:${PORT}`;
}

/** A server with the cluster's certificate that wants to speak another protocol. */
async function switchingServer(t: TestContext, { authority }: SimulatedCluster): Promise<string> {
  const host = freshAddress();
  const { certificate: cert, key } = await authority.serving([host]);
  const server = createTlsServer({ cert, key }, (socket) => {
    t.after(() => socket.destroy());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n');
  });
  t.after(() => server.close());
  await once(server.listen(PORT, host), 'listening');
  return `https://${host}:${PORT}`;
}

describe('readApiVersion', () => {
  test('takes no other protocol, and does not wait for it either', { timeout: 60_000 }, async (t) => {
    const cluster = await startCluster(t);
    const server = await switchingServer(t, cluster);
    const { kubeconfig } = cluster;
    await assert.rejects(readApiVersion({ kubeconfig, server }), isKubernetesError('refused', /answered 101/));
  });

  test('tells the version through the endpoint', async (t) => {
    const { kubeconfig } = await startCluster(t);
    assert.deepEqual(await readApiVersion({ kubeconfig }), { gitVersion: 'v1.36.0' });
  });

  test('asks one control plane at its own address', async (t) => {
    const own = freshAddress();
    const { api, host, kubeconfig } = await startCluster(t, { addresses: [own] });
    await api.listen(own, PORT);
    await api.unlisten(host);
    assert.deepEqual(await readApiVersion({ kubeconfig, server: `https://${own}:${PORT}` }), { gitVersion: 'v1.36.0' });
  });

  test('does not accept a certificate that does not cover the address', async (t) => {
    const stranger = freshAddress();
    const { api, kubeconfig } = await startCluster(t);
    await api.listen(stranger, PORT);
    const reading = readApiVersion({ kubeconfig, server: `https://${stranger}:${PORT}` });
    await assert.rejects(reading, isKubernetesError('certificate', /certificate is not valid for this address/));
  });

  test('does not accept the certificate of another cluster, nor one that has expired', async (t) => {
    const cluster = await startCluster(t);
    const reading = readApiVersion({ kubeconfig: await formerKubeconfig(cluster) });
    await assert.rejects(reading, isKubernetesError('certificate', /another cluster/));

    const hour = 3_600_000;
    const past = { notBefore: new Date(Date.now() - 2 * hour), notAfter: new Date(Date.now() - hour) };
    const host = freshAddress();
    const { authority, store, kubeconfig } = cluster;
    const serving = await authority.serving([host], past);
    const api = createKubernetesApi({ store, serving, clientCa: authority.certificate, version: 'v1.36.0' });
    t.after(() => api.close());
    await api.listen(host, PORT);
    const expired = readApiVersion({ kubeconfig, server: `https://${host}:${PORT}` });
    await assert.rejects(expired, isKubernetesError('certificate', /has expired; compare the clocks/));
  });

  test('tells credentials that are not known from an API that is not there', async (t) => {
    const { api, authority, folder, host, kubeconfig } = await startCluster(t);
    const other = await createAuthority();
    const unknown = await writeKubeconfig(join(folder, 'unknown'), {
      server: `https://${host}:${PORT}`,
      ca: authority.certificate,
      client: await other.client('admin', 'system:masters'),
    });
    await assert.rejects(readApiVersion({ kubeconfig: unknown }), isKubernetesError('unauthorized', /\(401\)/));
    await api.unlisten(host);
    await assert.rejects(readApiVersion({ kubeconfig }), isKubernetesError('unreachable', /nothing listens there/));
  });

  test('gives up on a server that says nothing, and on one that does not answer the request', async (t) => {
    const { kubeconfig } = await startCluster(t, { onRequest: never });
    const late = isKubernetesError('timeout', /no answer within 50 ms/);
    await assert.rejects(readApiVersion({ kubeconfig, timeoutMs: 50 }), late);
    await assert.rejects(readApiVersion({ kubeconfig, timeoutMs: 50, server: await silentServer(t) }), late);
  });

  test('ends with the reason for which it was called off', async (t) => {
    const controller = new AbortController();
    const reason = new Error('called off');
    const { kubeconfig } = await startCluster(t, {
      onRequest: () => {
        controller.abort(reason);
        return never();
      },
    });
    await assert.rejects(readApiVersion({ kubeconfig, signal: controller.signal }), reason);
    await assert.rejects(readApiVersion({ kubeconfig, signal: controller.signal }), reason);
  });
});

describe('isRefused', () => {
  test('a rebuilt cluster refuses the administrator of the former one', async (t) => {
    const cluster = await startCluster(t);
    const { kubeconfig } = cluster;
    assert.equal(await isRefused({ kubeconfig: await formerKubeconfig(cluster), clusterOf: kubeconfig }), true);
    assert.equal(await isRefused({ kubeconfig, clusterOf: kubeconfig }), false);
  });

  test('a server with a new certificate that still knows the old administrator lets it in', async (t) => {
    const cluster = await startCluster(t);
    const { store, serving, folder, kubeconfig: clusterOf } = cluster;
    const former = await createAuthority();
    await cluster.api.close();
    const api = createKubernetesApi({ store, serving, clientCa: former.certificate, version: 'v1.36.0' });
    t.after(() => api.close());
    await api.listen(cluster.host, PORT);
    const kubeconfig = await writeKubeconfig(join(folder, 'former'), {
      server: `https://${cluster.host}:${PORT}`,
      ca: former.certificate,
      client: await former.client('admin', 'system:masters'),
    });
    assert.equal(await isRefused({ kubeconfig, clusterOf }), false);
  });

  test('a server of another cluster that refuses the credentials proves nothing', async (t) => {
    const cluster = await startCluster(t);
    const kubeconfig = await formerKubeconfig(cluster);
    await assert.rejects(isRefused({ kubeconfig, clusterOf: kubeconfig }), isKubernetesError('certificate', /another/));
  });

  test('credentials without rights are still let in', async (t) => {
    const { authority, folder, host } = await startCluster(t);
    const kubeconfig = await writeKubeconfig(join(folder, 'viewer'), {
      server: `https://${host}:${PORT}`,
      ca: authority.certificate,
      client: await authority.client('jane', 'viewers'),
    });
    assert.equal(await isRefused({ kubeconfig, clusterOf: kubeconfig }), false);
  });

  test('silence is no refusal', async (t) => {
    const cluster = await startCluster(t, { onRequest: () => Promise.reject(new Error('planted')) });
    const former = { kubeconfig: await formerKubeconfig(cluster), clusterOf: cluster.kubeconfig };
    await assert.rejects(isRefused(former), isKubernetesError('unreachable', /broke off/));
    await assert.rejects(
      isRefused({ ...former, server: await silentServer(t), timeoutMs: 50 }),
      isKubernetesError('timeout', /./),
    );
    await cluster.api.close();
    await assert.rejects(isRefused(former), isKubernetesError('unreachable', /nothing listens there/));
  });
});
