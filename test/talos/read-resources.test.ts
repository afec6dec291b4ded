import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CertificateAuthority } from '../../simulator/src/certificates.ts';
import { reserveLoopbackSubnet } from '../../simulator/src/lab.ts';
import { fingerprintOf, talosApiPort } from '../../src/talos/probe.ts';
import type { Access } from '../../src/talos/access.ts';
import { readFileOverApi, readResources } from '../../src/talos/read-resources.ts';
import { bootstrapNode } from '../../src/talos/bootstrap.ts';
import { listEtcdMembers, parseEtcdMembers, parseEtcdStatus, readEtcdStatus } from '../../src/talos/etcd.ts';
import type { EtcdStatus } from '../../src/talos/etcd.ts';
import { callMachine } from '../../src/talos/talosctl.ts';
import { readBootId } from '../../src/talos/reboot.ts';
import { listServices, parseServices } from '../../src/talos/services.ts';
import { getResources } from '../../src/talos/resources.ts';
import { talosctl } from './real-talosctl.ts';
import { startMachine } from './simulated-machine.ts';

/** Those that do not change from look to look. */
const types = [
  'disks',
  'discoveredvolumes',
  'hostname',
  'links',
  'machinetype',
  'systemdisk',
  'systeminformation',
  'version',
] as const;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('reading over the Talos API', () => {
  test('gives what talosctl gives, in maintenance mode and configured', async (t) => {
    const fresh = await startMachine(t, 'maintenance');
    await assertSame(await fresh.inMaintenance());
    const { configured } = await startMachine(t, 'configured');
    await assertSame(configured);
  });

  test('knows the same types as talosctl where facts come and go', async (t) => {
    const { configured } = await startMachine(t, 'configured');
    const mayBeNone: string[] = ['addressspecs', 'diagnostics'];
    for (const type of ['addresses', 'addressspecs', 'diagnostics', 'machinestatus', 'volumestatus'] as const) {
      const ids = (resources: readonly { id: string }[]): string => resources.map(({ id }) => id).join();
      const read = ids((await readResources(configured, [type]))[type]);
      assert.ok(read !== '' || mayBeNone.includes(type), type);
      assert.equal(read, ids(await getResources(configured, type)), type);
    }
  });

  test('needs no process', async (t) => {
    const { configured } = await startMachine(t, 'configured');
    const none = { ...configured, talosctl: { binary: '/nowhere/talosctl' } };
    assert.equal((await readResources(none, ['disks'])).disks[0]?.id, 'mmcblk0');
    assert.equal(await readBootId(none), await readBootId(configured));
    await assert.rejects(getResources(none, 'disks'), { type: 'ToolMissing' });
  });

  test('is given up when nobody answers, though the garbage collector has passed', { timeout: 60_000 }, async (t) => {
    const { lab, configured } = await startMachine(t, 'configured');
    const hanging = lab.faults.inject({ method: 'MachineService/Read', phase: 'before', action: { hang: true } });
    const reading = readFileOverApi(configured, '/proc/sys/kernel/random/boot_id', { timeoutMs: 2000 });
    const givenUp = assert.rejects(reading);
    while (hanging.hits === 0) await turn();
    collectGarbage();
    await givenUp;
  });

  test('is worth nothing when a message is cut off', async (t) => {
    const subnet = await reserveLoopbackSubnet();
    t.after(() => subnet.release());
    const address = `${subnet.prefix}.12`;
    const ca = await CertificateAuthority.anonymous();
    const { certificate: cert, key } = await ca.issue({ commonName: 'pi-12', addresses: [address], usage: 'server' });
    const api = createSecureServer({ cert, key }, (_request, response) => {
      response.setHeader('content-type', 'application/grpc');
      response.addTrailers({ 'grpc-status': '0' });
      response.end(Buffer.from([0, 0, 0]));
    });
    await once(api.listen(talosApiPort, address), 'listening');
    t.after(() => api.close());

    const fingerprint = fingerprintOf(new X509Certificate(cert));
    const access = { talosctl: { binary: '/nowhere/talosctl' }, address, insecure: true, fingerprint } as const;
    await assert.rejects(readFileOverApi(access, '/etc/os-release', { timeoutMs: 5000 }), RangeError);
  });

  test('tells of services what talosctl tells', async (t) => {
    const { lab, configured } = await startMachine(t, 'configured');
    await bootstrapNode(configured);
    await lab.until(() => lab.machine('pi-12').inspect().isApiserverUp);
    const none = { ...configured, talosctl: { binary: '/nowhere/talosctl' } };
    const { stdout } = await callMachine(configured, ['service'], { timeoutMs: 15_000 });
    const services = await listServices(none);
    assert.deepEqual(services, parseServices(stdout));
    assert.deepEqual(services.find(({ id }) => id === 'etcd')?.health, 'OK');
  });

  test('tells of etcd what talosctl tells', async (t) => {
    const { lab, configured } = await startMachine(t, 'configured');
    await bootstrapNode(configured);
    await lab.until(() => lab.machine('pi-12').inspect().isApiserverUp);
    const none = { ...configured, talosctl: { binary: '/nowhere/talosctl' } };
    const { stdout } = await callMachine(configured, ['etcd', 'members'], { timeoutMs: 5000 });
    assert.deepEqual(await listEtcdMembers(none), parseEtcdMembers(stdout));
    const status = await callMachine(configured, ['etcd', 'status'], { timeoutMs: 5000 });
    const withoutIndex = (one: EtcdStatus | undefined) => ({ ...one, raftIndex: 0 });
    assert.deepEqual(withoutIndex(await readEtcdStatus(none)), withoutIndex(parseEtcdStatus(status.stdout)[0]));
  });

  test('asks nothing of a machine in maintenance mode with another certificate', async (t) => {
    const machine = await startMachine(t, 'maintenance');
    const access = { ...(await machine.inMaintenance()), fingerprint: 'AAAA' };
    await assert.rejects(readFileOverApi(access, '/proc/version'), /another certificate/);
    assert.deepEqual(machine.lab.journal.requests(), []);
  });

  test('asks nothing of a machine of another cluster', async (t) => {
    const ours = await startMachine(t, 'configured');
    const theirs = await startMachine(t, 'configured', {}, talosctl, 'foreign');
    const before = theirs.lab.journal.requests().length;
    await assert.rejects(readFileOverApi({ ...ours.configured, address: theirs.address }, '/proc/version'));
    assert.equal(theirs.lab.journal.requests().length, before);
  });

  test('leaves it to talosctl to say what is wrong', async (t) => {
    const machine = await startMachine(t, 'configured');
    machine.lab.machine('pi-12').powerOff();
    await assert.rejects(readResources(machine.configured, ['links']), { type: 'NodeUnreachable' });
    await assert.rejects(readBootId(machine.configured), { type: 'NodeUnreachable' });
  });
});

/** Over the API as by talosctl, type by type. */
async function assertSame(access: Access): Promise<void> {
  const read = await readResources(access, types);
  for (const type of types) assert.deepEqual(read[type], await getResources(access, type), type);
}
