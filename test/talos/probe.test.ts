import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { CertificateAuthority } from '../../simulator/src/certificates.ts';
import { textAt } from '../../src/talos/config-documents.ts';
import { observeNode } from '../../src/talos/probe.ts';
import { type Cluster, secretsOf } from '../drawn-secrets.ts';
import { startTlsMachine } from './tls-machine.ts';
import { watchNode } from './watch-node.ts';

const [oldCluster, newCluster] = [await authoritiesOf('old'), await authoritiesOf('new')];
const [oldCa, newCa] = [oldCluster.os, newCluster.os];
const sets = [
  { name: '2026-01-01', caPem: oldCa.certificate },
  { name: 'automation-new', caPem: newCa.certificate },
  { name: 'of another kind of key', caPem: newCluster.k8s.certificate },
];

/**
 * Two of the authorities of a cluster, drawn by the real talosctl: for Talos an Ed25519 key,
 * for Kubernetes an ECDSA one.
 */
async function authoritiesOf(cluster: Cluster): Promise<Record<'os' | 'k8s', CertificateAuthority>> {
  const secrets: unknown = parse(await secretsOf(cluster));
  const authority = (name: string): Promise<CertificateAuthority> => {
    const pem = (part: string) => Buffer.from(textAt(secrets, 'certs', name, part) ?? '', 'base64').toString('utf8');
    return CertificateAuthority.from({ certificate: pem('crt'), key: pem('key') });
  };
  return { os: await authority('os'), k8s: await authority('k8s') };
}

async function configured(ca: CertificateAuthority) {
  const { certificate, key } = await ca.issue({ commonName: 'pi-12', addresses: ['127.0.0.1'], usage: 'server' });
  return { cert: certificate, key, ca: ca.certificate, requestCert: true, rejectUnauthorized: true };
}

async function inMaintenance() {
  const ca = await CertificateAuthority.anonymous();
  const leaf = await ca.issue({
    commonName: 'maintenance-service.talos.dev',
    addresses: ['127.0.0.1'],
    usage: 'server',
  });
  return { cert: leaf.certificate, key: leaf.key };
}

describe('observeNode', () => {
  test('knows under which set a machine runs, though it wants a client certificate', async (t) => {
    const port = await startTlsMachine(t, await configured(newCa));

    assert.deepEqual(await observeNode('127.0.0.1', sets, { port }), { kind: 'running', sets: ['automation-new'] });
  });

  test('names all sets that share the CA', async (t) => {
    const port = await startTlsMachine(t, await configured(oldCa));
    const kept = [...sets, { name: 'kept', caPem: oldCa.certificate }];

    assert.deepEqual(await observeNode('127.0.0.1', kept, { port }), { kind: 'running', sets: ['2026-01-01', 'kept'] });
  });

  test('calls a machine of an unknown cluster foreign, though its CA has the same name', async (t) => {
    const port = await startTlsMachine(t, await configured(newCa));

    assert.deepEqual(await observeNode('127.0.0.1', sets.slice(0, 1), { port }), { kind: 'foreign' });
  });

  test('knows maintenance mode, with the same fingerprint until the next boot', async (t) => {
    const port = await startTlsMachine(t, await inMaintenance());
    const otherPort = await startTlsMachine(t, await inMaintenance());

    const first = await observeNode('127.0.0.1', sets, { port });
    assert.equal(first.kind, 'maintenance');
    assert.match(first.kind === 'maintenance' ? first.fingerprint : '', /^[A-Za-z0-9+/]{43}=$/);
    assert.deepEqual(await observeNode('127.0.0.1', sets, { port }), first);
    assert.notDeepEqual(await observeNode('127.0.0.1', sets, { port: otherPort }), first);
  });

  test('is not fooled by a known cluster that calls itself maintenance', async (t) => {
    const leaf = await oldCa.issue({ commonName: 'maintenance-service.talos.dev', usage: 'server' });
    const port = await startTlsMachine(t, { cert: leaf.certificate, key: leaf.key });

    assert.deepEqual(await observeNode('127.0.0.1', sets, { port }), { kind: 'running', sets: ['2026-01-01'] });
  });

  test('says why a machine cannot be reached', async (t) => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    t.after(() => silent.close());
    assert.deepEqual(await observeNode('127.0.0.1', sets, { port, timeoutMs: 50 }), {
      kind: 'unreachable',
      reason: 'timed out',
    });
    silent.close();
    assert.deepEqual(await observeNode('127.0.0.1', sets, { port }), {
      kind: 'unreachable',
      reason: 'connection refused',
    });
  });

  test('throws what it is aborted with', async (t) => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    t.after(() => silent.close());
    const { port } = silent.address() as { port: number };
    const abort = new AbortController();
    const reason = new Error('cancelled by Temporal');

    const observing = observeNode('127.0.0.1', sets, { port, timeoutMs: 10_000, signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(observing, reason);
  });
});

describe('watchNode', () => {
  test('sees a machine go from off to maintenance mode', async (t) => {
    const port = await freePort();
    const seen: string[] = [];
    let started: Promise<number> | undefined;

    const condition = await watchNode('127.0.0.1', sets, {
      until: ({ kind }) => kind === 'maintenance',
      intervalMs: 10,
      deadlineMs: 20_000,
      port,
      onSeen: ({ kind }) => {
        seen.push(kind);
        started ??= inMaintenance().then((options) => startTlsMachine(t, options, port));
      },
    });
    assert.equal(condition.kind, 'maintenance');
    assert.equal(seen[0], 'unreachable');
    await started;
  });

  test('says at the deadline what it saw last', async (t) => {
    const port = await startTlsMachine(t, await configured(newCa));
    const options = { until: () => false, intervalMs: 10, deadlineMs: 40, node: 'pi-12' } as const;

    await assert.rejects(watchNode('127.0.0.1', [], { ...options, port, waitingFor: 'in maintenance mode' }), {
      type: 'UnexpectedCondition',
      message: /^pi-12 \(127\.0\.0\.1\): not in maintenance mode after .*last seen configured by a cluster/,
    });
    await assert.rejects(watchNode('127.0.0.1', [], { ...options, port: await freePort() }), {
      type: 'NodeUnreachable',
      message: /connection refused/,
    });
  });

  test('throws what it is aborted with, between two looks as well', async () => {
    const abort = new AbortController();
    const reason = new Error('cancelled by Temporal');

    const watching = watchNode('127.0.0.1', [], {
      until: () => false,
      intervalMs: 60_000,
      deadlineMs: 120_000,
      port: await freePort(),
      signal: abort.signal,
      onSeen: () => setImmediate(() => abort.abort(reason)),
    });
    await assert.rejects(watching, reason);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
