import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { parse } from 'yaml';
import { command, inMaintenance, startFixture, type Fixture } from './fixture.ts';
import { talosctl } from '../../test/programs/talosctl.ts';

describe('the API of a configured machine', () => {
  test('presents a leaf that its cluster signed, alone, and ends the connection when no certificate comes back', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    const { chain, alert } = await handshake(fixture.machine('cp1').address);

    const ca = new X509Certificate(await talosconfigPart(fixture, 'ca'));
    assert.equal(chain.length, 1);
    const [leaf] = chain;
    assert.ok(leaf !== undefined && leaf.verify(ca.publicKey));
    assert.match(leaf.issuer, /^O=talos$/m);
    assert.ok(leaf.checkIP(fixture.machine('cp1').address) && leaf.checkHost('cp1'));
    assert.match(alert, /certificate required/);
  });

  test('is closed to whoever has no certificate or one of another cluster', async (t) => {
    const [fixture, other] = await Promise.all([
      startFixture(t, { isCluster: true }),
      startFixture(t, { secrets: 'foreign' }),
    ]);
    const insecure = await fixture.insecure('cp1', 'version');
    assert.equal(insecure.code, 1);
    assert.match(insecure.stderr, /code = Unavailable/);

    const { address } = fixture.machine('cp1');
    const foreign = await fixture.run('--talosconfig', other.talosconfig, '-e', address, '-n', address, 'version');
    assert.equal(foreign.code, 1);
    assert.match(
      foreign.stderr,
      /x509: certificate signed by unknown authority \(possibly because of \\?"x509: Ed25519 verification failure/,
    );

    // The right CA to check the node with, and a client certificate that another CA signed.
    const mixed = join(fixture.folder, 'mixed');
    const text = await readFile(fixture.talosconfig, 'utf8');
    await writeFile(
      mixed,
      text
        .replace(/crt: .*/, `crt: ${await rawPart(other, 'crt')}`)
        .replace(/key: .*/, `key: ${await rawPart(other, 'key')}`),
    );
    const intruder = await fixture.run('--talosconfig', mixed, '-e', address, '-n', address, 'version');
    assert.equal(intruder.code, 1);
    assert.match(intruder.stderr, /code = Unavailable/);
    assert.deepEqual(fixture.lab.journal.requests('cp1'), []);
  });

  test('lets each role do what it may', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    const allowed: [role: string, args: string[]][] = [
      ['os:reader', ['version']],
      ['os:reader', ['get', 'members']],
      ['os:reader', ['etcd', 'members']],
      ['os:operator', ['etcd', 'snapshot', join(fixture.folder, 'snapshot.db')]],
    ];
    const refused: [role: string, args: string[]][] = [
      ['os:reader', ['get', 'machineconfig']],
      ['os:reader', ['etcd', 'snapshot', join(fixture.folder, 'no.db')]],
      ['os:operator', ['reset', '--wait=false', '--reboot']],
      ['os:operator', ['apply-config', '-f', fixture.configurationOf('cp1')]],
      ['os:operator', ['bootstrap']],
      ['os:operator', ['kubeconfig', join(fixture.folder, 'kubeconfig')]],
      ['os:reader', ['reboot', '--wait=false']],
    ];
    const files = new Map<string, string>();
    for (const role of ['os:reader', 'os:operator']) files.set(role, await talosconfigFor(fixture, role));
    const { address } = fixture.machine('cp1');
    const as = (role: string, args: string[]) =>
      fixture.run('--talosconfig', files.get(role) ?? '', '-e', address, '-n', address, ...args);

    for (const [role, args] of allowed) assert.equal((await as(role, args)).code, 0, `${role} ${args.join(' ')}`);
    for (const [role, args] of refused) {
      const result = await as(role, args);
      assert.equal(result.code, 1, `${role} ${args.join(' ')}`);
      assert.match(result.stderr, /code = PermissionDenied desc = not authorized/, `${role} ${args.join(' ')}`);
    }
    assert.equal(fixture.machine('cp1').inspect().stage, 'running');
  });

  test('forwards on a control plane and refuses to on a worker', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 1, workers: 2, isCluster: true });
    const [cp1, w1, w2] = ['cp1', 'w1', 'w2'].map((name) => fixture.machine(name).address);
    const via = (endpoint = '', nodes = '', ...args: string[]) =>
      fixture.run('--talosconfig', fixture.talosconfig, '-e', endpoint, '-n', nodes, ...args);

    assert.match((await via(cp1, w1, 'get', 'hostname', '-o', 'jsonpath={.spec.hostname}')).stdout, /w1/);
    const several = await via(cp1, `${w1},${w2}`, 'version');
    assert.match(several.stdout, new RegExp(`NODE:\\s+${w1}`));
    assert.match(several.stdout, new RegExp(`NODE:\\s+${w2}`));
    assert.equal((await via(w1, w1, 'version')).code, 0);
    const refused = await via(w1, w2, 'version');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /code = PermissionDenied desc = no request forwarding/);

    fixture.machine('w2').powerOff();
    const partly = await via(cp1, `${w1},${w2}`, 'get', 'hostname');
    assert.equal(partly.code, 1);
    assert.match(partly.stdout, /w1/);
    assert.match(partly.stderr, /code = Unavailable .*connection refused/);
    assert.equal((await via(cp1, `${w1},${w2}`, 'version')).code, 0);
  });

  test('of a worker stays closed until a control plane of its cluster is up', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 1, workers: 1 });
    await inMaintenance(fixture);
    await fixture.insecure('w1', 'apply-config', '-f', fixture.configurationOf('w1'));
    await fixture.lab.until(() => fixture.machine('w1').inspect().stage === 'booting');
    assert.match((await fixture.on('w1', 'version')).stderr, /connection refused/);
    assert.equal(fixture.machine('w1').inspect().api, 'closed');

    await fixture.insecure('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'));
    await fixture.lab.until(() => fixture.machine('w1').inspect().api === 'configured');
    assert.equal((await fixture.on('w1', 'version')).code, 0);
    assert.notEqual(fixture.machine('cp1').inspect().etcd, 'voter');
  });

  test('changes a running machine without a reboot where that is enough, and with one where it is not', async (t) => {
    const fixture = await startFixture(t, { isCluster: true });
    const { bootId } = fixture.machine('cp1').inspect();
    const text = await readFile(fixture.configurationOf('cp1'), 'utf8');
    const apply = async (changed: string, ...args: string[]) => {
      const file = join(fixture.folder, 'changed.yaml');
      await writeFile(file, changed);
      return fixture.on('cp1', 'apply-config', '-f', file, ...args);
    };

    const labels = text.replace('nodeLabels:', 'nodeLabels:\n        disk: usb');
    assert.match((await apply(labels)).stderr, /Applied configuration without a reboot/);
    assert.equal(fixture.machine('cp1').inspect().bootId, bootId);
    const disks = labels.replace(
      '    install:',
      '    disks:\n        - device: /dev/sda\n          partitions:\n            - mountpoint: /var/mnt/x\n    install:',
    );
    assert.match((await apply(disks, '-m', 'no-reboot')).stderr, /can't be applied in immediate mode/);
    assert.match(
      (await apply(disks, '-m', 'staged')).stderr,
      /Staged configuration to be applied after the next reboot/,
    );
    assert.doesNotMatch(fixture.machine('cp1').inspect().configuration ?? '', /\/var\/mnt\/x/);
    const partial = await apply('apiVersion: v1alpha1\nkind: HostnameConfig\nauto: stable\n');
    assert.match(partial.stderr, /doesn't contain v1alpha1 config/);
    assert.match(
      (await apply(disks)).stderr,
      /Applied configuration with a reboot: this config change can't be applied/,
    );
    await fixture.lab.until(
      () => fixture.machine('cp1').inspect().bootId !== bootId && fixture.machine('cp1').inspect().stage === 'running',
    );
    assert.match(fixture.machine('cp1').inspect().configuration ?? '', /\/var\/mnt\/x/);
  });
});

/** The certificates that the node presents, and how it ends a connection without a client certificate. */
function handshake(address: string): Promise<{ chain: X509Certificate[]; alert: string }> {
  return new Promise((resolve) => {
    const chain: X509Certificate[] = [];
    const socket = connect({ host: address, port: 50_000, rejectUnauthorized: false, ALPNProtocols: ['h2'] }, () => {
      for (
        let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
        certificate !== undefined;
      ) {
        chain.push(new X509Certificate(certificate.raw));
        certificate = certificate.issuerCertificate === certificate ? undefined : certificate.issuerCertificate;
      }
    });
    socket.on('error', (error) => resolve({ chain, alert: error.message }));
    socket.on('close', () => resolve({ chain, alert: '' }));
    socket.resume();
  });
}

async function rawPart(fixture: Fixture, part: 'ca' | 'crt' | 'key'): Promise<string> {
  const talosconfig = parse(await readFile(fixture.talosconfig, 'utf8')) as {
    contexts: { lab: Record<typeof part, string> };
  };
  return talosconfig.contexts.lab[part];
}

async function talosconfigPart(fixture: Fixture, part: 'ca' | 'crt' | 'key'): Promise<string> {
  return Buffer.from(await rawPart(fixture, part), 'base64').toString('utf8');
}

/** A talosconfig with another role, as `talosctl gen` makes it offline from the cluster's CA. */
async function talosconfigFor(fixture: Fixture, role: string): Promise<string> {
  const name = role.replaceAll(':', '-');
  const configuration = parse((await readFile(fixture.configurationOf('cp1'), 'utf8')).split('\n---\n')[0] ?? '') as {
    machine: { ca: { crt: string; key: string } };
  };
  const inFolder = (file: string) => join(fixture.folder, file);
  const key = Buffer.from(configuration.machine.ca.key, 'base64').toString('utf8');
  await writeFile(inFolder('ca.crt'), Buffer.from(configuration.machine.ca.crt, 'base64'));
  await writeFile(inFolder('ca.key'), key);
  assert.equal(createPublicKey(createPrivateKey(key.replaceAll('ED25519 ', ''))).asymmetricKeyType, 'ed25519');
  for (const args of [
    ['gen', 'key', '--name', inFolder(name)],
    ['gen', 'csr', '--key', inFolder(`${name}.key`), '--ip', '127.0.0.1', '--roles', role],
    ['gen', 'crt', '--ca', inFolder('ca'), '--csr', inFolder(`${name}.csr`), '--name', inFolder(name)],
  ]) {
    const result = await command(talosctl, args);
    assert.equal(result.code, 0, result.stderr);
  }
  const base64 = async (file: string) => (await readFile(inFolder(file))).toString('base64');
  const talosconfig = (await readFile(fixture.talosconfig, 'utf8'))
    .replace(/crt: .*/, `crt: ${await base64(`${name}.crt`)}`)
    .replace(/key: .*/, `key: ${await base64(`${name}.key`)}`);
  await writeFile(inFolder(`${name}.talosconfig`), talosconfig);
  return inFolder(`${name}.talosconfig`);
}
