import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect } from 'node:tls';
import { startFixture } from './fixture.ts';

describe('a lab', () => {
  test('of fifty machines runs in one process and leaves nothing behind when it is closed', async (t) => {
    const fixture = await startFixture(t, { controlPlanes: 3, workers: 47, isCluster: true });
    const ready = fixture.lab.machines.filter((machine) => machine.inspect().isNodeReady);
    assert.equal(ready.length, 50);
    const names = await Promise.all(fixture.lab.machines.map(({ address }) => commonName(address)));
    assert.deepEqual(
      names,
      fixture.lab.machines.map(({ name }) => name),
    );
    assert.ok(process.memoryUsage().heapUsed < 300e6);

    await fixture.lab.close();
    await assert.rejects(commonName(fixture.machine('w47').address), { code: 'ECONNREFUSED' });
  });
});

function commonName(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 50_000, rejectUnauthorized: false, ALPNProtocols: ['h2'] }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
