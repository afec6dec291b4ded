import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect } from 'node:tls';
import { inMaintenance, objectsIn, startFixture } from './fixture.ts';

describe('a machine in maintenance mode', () => {
  test('shows a certificate of its own that is new with every boot and asks nobody for one', async (t) => {
    const fixture = await startFixture(t);
    await inMaintenance(fixture);
    const before = await certificateOf(fixture.machine('cp1').address);
    fixture.machine('cp1').crash();
    await inMaintenance(fixture);
    const after = await certificateOf(fixture.machine('cp1').address);

    assert.match(before.subject, /^CN=maintenance-service\.talos\.dev$/m);
    assert.equal(before.publicKey.asymmetricKeyType, 'ed25519');
    assert.ok(before.checkIP(fixture.machine('cp1').address));
    assert.notEqual(after.fingerprint256, before.fingerprint256);
  });

  test('tells everyone what it is and refuses what is sensitive or changes it', async (t) => {
    const fixture = await startFixture(t);
    await inMaintenance(fixture);

    const version = await fixture.insecure('cp1', 'version');
    assert.equal(version.code, 0, version.stderr);
    assert.match(version.stdout, /Tag:\s+v1\.13\.9/);
    const [status] = objectsIn((await fixture.insecure('cp1', 'get', 'machinestatus', '-o', 'json')).stdout);
    assert.deepEqual(status?.spec, { stage: 'maintenance', status: { ready: true, unmetConditions: [] } });

    for (const type of ['machineconfig', 'osrootsecrets', 'volumeconfigs', 'linkspecs']) {
      const refused = await fixture.insecure('cp1', 'get', type);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /code = PermissionDenied desc = not authorized/, type);
    }
    for (const args of [
      ['reset', '--wait=false'],
      ['meta', 'write', '0x0a', 'x'],
    ]) {
      const refused = await fixture.insecure('cp1', ...args);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /code = PermissionDenied desc = not authorized/, args[0]);
    }
    assert.equal(fixture.machine('cp1').inspect().stage, 'maintenance');
  });

  test('takes a configuration from whoever checked its fingerprint, without a reboot, and answers with the new certificates', async (t) => {
    const fixture = await startFixture(t);
    await inMaintenance(fixture);
    const { address } = fixture.machine('cp1');
    const { bootId } = fixture.machine('cp1').inspect();
    const apply = (fingerprint: string) =>
      fixture.insecure('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'), '--cert-fingerprint', fingerprint);

    const refused = await apply('AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=');
    assert.equal(refused.code, 1);
    assert.deepEqual(fixture.lab.journal.effects('cp1', 'applied'), []);
    const applied = await apply(spkiFingerprint(await certificateOf(address)));
    assert.equal(applied.code, 0, applied.stderr);
    assert.match(applied.stderr, /^Applied configuration without a reboot$/m);
    await fixture.lab.until(() => fixture.machine('cp1').inspect().api === 'configured');

    const leaf = await certificateOf(address);
    assert.match(leaf.issuer, /^O=talos$/m);
    assert.equal(fixture.machine('cp1').inspect().bootId, bootId);
  });

  test('refuses a configuration that is none, and says what is wrong with it', async (t) => {
    const fixture = await startFixture(t);
    await inMaintenance(fixture);
    const refusals: [text: string, message: RegExp][] = [
      ['machine: [', /code = InvalidArgument desc = .*yaml/],
      [
        'version: v1alpha1\nmachine: {type: worker}\ncluster: {}\nnonsense: 1\n',
        /unknown keys found during decoding:\s+nonsense: 1/,
      ],
      ['apiVersion: v1alpha1\nkind: NoSuchConfig\n', /"NoSuchConfig" "v1alpha1": not registered/],
    ];
    for (const [text, message] of refusals) {
      const file = join(fixture.folder, 'bad.yaml');
      await writeFile(file, text);
      const refused = await fixture.insecure('cp1', 'apply-config', '-f', file);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, message);
    }
    assert.deepEqual(fixture.lab.journal.effects('cp1', 'applied'), []);
  });

  test('accepts a configuration without its main document and stays where it is', async (t) => {
    const fixture = await startFixture(t);
    await inMaintenance(fixture);
    const file = join(fixture.folder, 'partial.yaml');
    await writeFile(file, 'apiVersion: v1alpha1\nkind: HostnameConfig\nauto: off\nhostname: cp1\n');

    const applied = await fixture.insecure('cp1', 'apply-config', '-f', file);
    assert.equal(applied.code, 0, applied.stderr);
    const [status] = objectsIn((await fixture.insecure('cp1', 'get', 'machinestatus', '-o', 'json')).stdout);
    assert.deepEqual(status?.spec, { stage: 'maintenance', status: { ready: true, unmetConditions: [] } });
  });

  test('shows in a dry run what would change and changes nothing', async (t) => {
    const fixture = await startFixture(t);
    await inMaintenance(fixture);
    const dryRun = await fixture.insecure('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'), '--dry-run');

    assert.equal(dryRun.code, 0, dryRun.stderr);
    assert.match(dryRun.stderr, /Dry run summary:\s+Applied configuration without a reboot \(skipped in dry-run\)\./);
    assert.equal(fixture.machine('cp1').inspect().configuration, undefined);
  });

  test('lets anyone wipe a disk that no volume uses', async (t) => {
    const usb = {
      devPath: '/dev/sda',
      sizeBytes: 1e12,
      transport: 'usb' as const,
      partitions: [{ label: 'data', sizeBytes: 1e9, files: { a: 'b' } }],
    };
    const fixture = await startFixture(t, { machine: { extraDisks: [usb] } });
    await inMaintenance(fixture);

    const inUse = await fixture.insecure('cp1', 'wipe', 'disk', 'mmcblk0');
    assert.match(inUse.stderr, /blockdevice "mmcblk0" is in use by volume "META"/);
    const wiped = await fixture.insecure('cp1', 'wipe', 'disk', 'sda');
    assert.equal(wiped.code, 0, wiped.stderr);
    assert.deepEqual(fixture.machine('cp1').inspect().disks[1]?.partitions, []);
  });

  test('is not to be found when its address comes from the configuration, unless it has another one', async (t) => {
    const lost = await startFixture(t, { machine: { addressSource: 'configuration' } });
    await lost.lab.until(() => lost.machine('cp1').inspect().stage === 'maintenance');
    assert.match((await lost.insecure('cp1', 'version')).stderr, /connection refused/);

    const moved = await startFixture(t, {
      machine: { addressSource: 'configuration', maintenanceAddress: `${lost.prefix}.99` },
    });
    await inMaintenance(moved);
    assert.equal((await moved.run('version', '--insecure', '-n', `${lost.prefix}.99`)).code, 0);
    assert.match((await moved.insecure('cp1', 'version')).stderr, /connection refused/);
  });

  test('takes one configuration at a time', async (t) => {
    const fixture = await startFixture(t, { timings: { applyConfiguration: 100_000 } });
    await inMaintenance(fixture);
    const apply = () => fixture.insecure('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'));
    const both = await Promise.all([apply(), apply()]);

    assert.deepEqual(
      both.map(({ code }) => code).sort((a, b) => a - b),
      [0, 1],
    );
    assert.match(
      both.map(({ stderr }) => stderr).join(''),
      /code = FailedPrecondition desc = another apply configuration is already in progress/,
    );
    assert.equal(fixture.lab.journal.effects('cp1', 'applied').length, 1);
  });

  test('installs Talos to the disk of the configuration when it is not there, and boots from it', async (t) => {
    const fixture = await startFixture(t, { machine: { installed: false } });
    await inMaintenance(fixture);
    assert.equal((await fixture.insecure('cp1', 'get', 'systemdisk', '-o', 'json')).stdout, '');
    await fixture.insecure('cp1', 'apply-config', '-f', fixture.configurationOf('cp1'));
    await fixture.lab.until(() => fixture.machine('cp1').inspect().api === 'configured');

    assert.equal(fixture.lab.journal.effects('cp1', 'installed').length, 1);
    assert.equal(fixture.lab.journal.effects('cp1', 'rebooted').length, 1);
    const stages = fixture.lab.journal.states('cp1', 'stage').map(({ value }) => value);
    assert.deepEqual(stages, ['off', 'booting', 'maintenance', 'booting', 'installing', 'off', 'booting']);
  });
});

/** The certificate on port 50000, as anyone sees it. */
function certificateOf(address: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: 50_000, rejectUnauthorized: false, ALPNProtocols: ['h2'] }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

function spkiFingerprint(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return createHashOf(spki);
}

function createHashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}
