import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { performServerHandshake } from 'node:http2';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { stringify } from 'yaml';
import { CertificateAuthority } from '../../simulator/src/certificates.ts';
import { isAccepted } from '../../src/talos/accepted.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { startTlsMachine } from './tls-machine.ts';

/** A machine's certificate by the new cluster's CA, and the talosconfigs of the old cluster and of the new one. */
async function rebuilt(t: TestContext) {
  const folder = await temporaryFolder(t);
  const [oldCa, newCa] = [await CertificateAuthority.anonymous(), await CertificateAuthority.anonymous()];
  const talosconfig = path.join(folder, 'old');
  const trusted = path.join(folder, 'new');
  await writeTalosconfig(talosconfig, oldCa);
  await writeTalosconfig(trusted, newCa);
  const { certificate, key } = await newCa.issue({ commonName: 'pi-12', addresses: ['127.0.0.1'], usage: 'server' });
  return { folder, oldCa, newCa, serving: { cert: certificate, key }, presented: { talosconfig, trusted } };
}

async function writeTalosconfig(file: string, ca: CertificateAuthority): Promise<void> {
  const { certificate, key } = await ca.issue({ organizations: ['os:admin'], usage: 'client' });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const home = { ca: base64(ca.certificate), crt: base64(certificate), key: base64(key) };
  await writeFile(file, stringify({ context: 'home', contexts: { home } }));
}

/**
 * Speaks HTTP/2 to clients that `lets` says yes to, whatever certificate they show, and hangs up on
 * the others without a word.
 */
async function startApi(t: TestContext, serving: object, lets: (socket: TLSSocket) => boolean): Promise<number> {
  const options = { ...serving, requestCert: true, rejectUnauthorized: false };
  return startTlsMachine(t, options, 0, (socket) => {
    if (lets(socket)) performServerHandshake(socket).on('error', () => undefined);
    else socket.destroy();
  });
}

const machine = { node: 'pi-12', address: '127.0.0.1' };

describe('isAccepted', () => {
  test('is true for a machine with a new certificate that still lets the old credentials in', async (t) => {
    const { serving, presented } = await rebuilt(t);
    const port = await startApi(t, serving, () => true);

    assert.equal(await isAccepted(machine, presented, { port }), true);
  });

  test('is false where the machine says by a TLS alert that it does not know the CA', async (t) => {
    const { folder, newCa, serving, presented } = await rebuilt(t);
    const port = await startStrictServer(t, folder, { ...serving, ca: newCa.certificate });

    assert.equal(await isAccepted(machine, presented, { port }), false);
  });

  test('is false where the machine hangs up on the old credentials, and only on those', async (t) => {
    const { newCa, serving, presented } = await rebuilt(t);
    const port = await startApi(t, { ...serving, ca: newCa.certificate }, ({ authorized }) => authorized);

    assert.equal(await isAccepted(machine, presented, { port }), false);
  });

  test('takes no hanging up on everybody for a refusal', async (t) => {
    const { serving, presented } = await rebuilt(t);
    const port = await startApi(t, serving, () => false);

    await assert.rejects(isAccepted(machine, presented, { port }), { type: 'NodeUnreachable' });
  });

  test('takes our own distrust of the machine for no refusal by it', async (t) => {
    const { oldCa, presented } = await rebuilt(t);
    const { certificate, key } = await oldCa.issue({ addresses: ['127.0.0.1'], usage: 'server' });
    const port = await startApi(t, { cert: certificate, key }, () => true);

    await assert.rejects(isAccepted(machine, presented, { port }), {
      type: 'UnexpectedCondition',
      message: /^pi-12 .*certificate of another set/,
    });
  });

  test('takes silence for no refusal', async (t) => {
    const { presented } = await rebuilt(t);
    const server = createServer((socket) => t.after(() => socket.destroy()));
    t.after(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;

    await assert.rejects(isAccepted(machine, presented, { port, timeoutMs: 50 }), { type: 'NodeUnreachable' });
    await assert.rejects(isAccepted(machine, presented, { port: 1 }), { type: 'NodeUnreachable' });
  });
});

/** OpenSSL's own server, which refuses certificates in the handshake, as Talos does and a server of Node cannot. */
async function startStrictServer(
  t: TestContext,
  folder: string,
  pem: { readonly cert: string; readonly key: string; readonly ca: string },
): Promise<number> {
  const files = Object.entries(pem).map(async ([name, text]) => writeFile(path.join(folder, `${name}.pem`), text));
  await Promise.all(files);
  const port = await freePort();
  const names = ['-cert', 'cert.pem', '-key', 'key.pem', '-CAfile', 'ca.pem'];
  const verify = ['-Verify', '1', '-verify_return_error', '-tls1_3', '-alpn', 'h2'];
  const server = spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...names, ...verify], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: 60_000,
  });
  t.after(() => server.kill());
  for await (const said of server.stdout) if (String(said).includes('ACCEPT')) break;
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
