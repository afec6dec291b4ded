import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Lab } from '../../simulator/src/lab.ts';
import { ownPodNetwork } from '../rebuild/own-pod-network.ts';
import { rehearse } from '../rebuild/rehearsal.ts';
import type { StartedRebuild } from '../rebuild/rehearsal.ts';
import { Faults, hanging, lost, passing, refusals, refused, slow } from './troubles.ts';

/** Every method that a rebuild calls: another one needs its line below. */
const called = [
  'State/List',
  'State/Get',
  'MachineService/Version',
  'MachineService/EtcdMemberList',
  'MachineService/EtcdStatus',
  'MachineService/EtcdSnapshot',
  'MachineService/Kubeconfig',
  'MachineService/Reset',
  'MachineService/ApplyConfiguration',
  'MachineService/ServiceList',
  'MachineService/Bootstrap',
  'MachineService/Read',
  'MachineService/Reboot',
  'kubernetes:GET',
  'kubernetes:PATCH',
];

/** What an API server, or a proxy before it, answers when it has too much to do or is on its way. */
const busy = [429, 500, 502, 503, 504];

describe('trouble that passes', () => {
  test('is ridden out, whichever call it hits: nobody is asked, and each machine is wiped, configured and bootstrapped once', async (t) => {
    const rehearsal = await rehearse(t, ownPodNetwork);
    const { lab, start } = rehearsal;
    const faults = new Faults(lab);
    const rebuild = await start();
    let isOver = false;
    const result = withoutGates(rebuild).finally(() => (isOver = true));
    result.catch(() => undefined);

    hitTheLook(faults, lab);
    await Promise.race([rebuild.gate('approval'), result]);
    hitTheTearDown(faults, lab);
    await rebuild.approve();
    hitTheBuild(faults);
    await withoutTime(lab, () => isOver);
    await lab.until(() => isOver || lab.journal.effects(undefined, 'bootstrapped').length > 0, 120_000);
    hitTheProof(faults);
    const flapped = flapVip(lab, () => isOver || lab.journal.requests(undefined, 'Reboot').length > 0);
    await lab.until(() => isOver || lab.journal.requests(undefined, 'Read').length > 0, 120_000);
    hitTheDrill(faults);
    const progress = await result;

    assert.equal(progress.outcome, 'rebuilt', progress.verdict);
    assert.equal(progress.failover?.proven, true);
    assert.ok((await flapped) >= 10, 'the VIP moved ten times by itself');
    faults.assertAllHit();
    const methods = new Set(lab.journal.requests().map(({ method }) => method));
    assert.deepEqual(
      [...methods].filter((method) => !called.includes(method)),
      [],
      'calls without a fault of their own',
    );
    for (const { name } of lab.machines) {
      assert.equal(lab.journal.effects(name, 'wiped').length, 1, name);
      assert.equal(lab.journal.effects(name, 'applied').length, 1, name);
    }
    assert.equal(lab.journal.effects(undefined, 'bootstrapped').length, 1);
    assert.equal(lab.journal.requests(undefined, 'Reboot').filter(({ answer }) => answer === 'OK').length, 1);
    t.diagnostic(`${faults.hits} calls of ${lab.journal.requests().length} fared badly`);
  });
});

/** Fails as soon as a person is asked about a failure. */
async function withoutGates(rebuild: StartedRebuild): ReturnType<StartedRebuild['result']> {
  const over = new AbortController();
  const asked = async (): Promise<never> => {
    for (;;) {
      const gate = (await rebuild.progress()).gates.find(({ kind }) => kind === 'failure');
      if (gate?.kind === 'failure') throw new Error(`asked about ${gate.id}: ${gate.seen}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
      over.signal.throwIfAborted();
    }
  };
  return Promise.race([rebuild.result(), asked()]).finally(() => over.abort());
}

/** Preflight and plan. */
function hitTheLook(faults: Faults, lab: Lab): void {
  lab.machines.forEach(({ name: machine }, index) => {
    const every = (_: unknown, at: number): boolean => at % lab.machines.length === index;
    faults.inject('State/List', refusals.filter(every), { machine }); // of thirteen calls over one connection, which talosctl repeats
    passing
      .filter(every)
      .forEach((trouble, at) => faults.inject('State/List', [trouble], { machine, skip: 13 + at * 8 }));
  });
  faults.inject('State/List', [hanging], { machine: 'cp-1', skip: 13 });
  faults.inject('State/Get', passing);
  faults.inject('EtcdMemberList', [refused(13), refused(14)], { machine: 'cp-1' });
  faults.inject('EtcdStatus', [refused(2), refused(4)], { machine: 'cp-2' });
  faults.inject('Kubeconfig', [refused(14)]);
}

/** The last look, the backup and the resets. */
function hitTheTearDown(faults: Faults, lab: Lab): void {
  for (const { name: machine } of lab.machines)
    faults.inject('State/List', [refused(13), ...lost], { machine, skip: 4 });
  faults.inject('EtcdMemberList', lost, { machine: 'cp-3' });
  faults.inject('Kubeconfig', [...lost, refused(8)]);
  faults.inject('EtcdSnapshot', [refused(13), ...lost, slow]);
  faults.inject('Reset', [refused(13)], { machine: 'cp-1' });
  faults.inject('Reset', [refused(8)], { machine: 'cp-2' });
  faults.inject('Reset', [refused(14)], { machine: 'cp-3' });
}

function hitTheBuild(faults: Faults): void {
  faults.inject('ApplyConfiguration', [refused(2)], { machine: 'cp-1' });
  faults.inject('ApplyConfiguration', [refused(10)], { machine: 'cp-2' });
  faults.inject('ApplyConfiguration', [refused(15)], { machine: 'w-1' });
  // Each twice: over the API and by talosctl, which is asked then.
  faults.inject(
    'ServiceList',
    [...passing, ...refusals].flatMap((one) => [one, one]),
  );
  faults.inject('kubernetes:PATCH', [
    ...[401, 403, 409, ...busy].map((status) => refused(status)),
    ...lost,
    slow,
    hanging,
  ]);
  faults.inject('Bootstrap', [refused(1), refused(4), refused(8), refused(9), refused(10), refused(13), refused(14)]);
}

function hitTheProof(faults: Faults): void {
  faults.inject('Kubeconfig', passing);
  faults.inject('EtcdMemberList', [...passing, ...refusals]);
  faults.inject('EtcdStatus', [...passing, ...refusals]);
  faults.inject('State/List', [...passing, ...refusals]);
  faults.inject(
    'kubernetes:GET',
    [401, 403, ...busy].map((status) => refused(status)),
  );
  faults.inject('kubernetes:GET', [...lost, slow, hanging]);
}

function hitTheDrill(faults: Faults): void {
  faults.inject('Read', [...passing, hanging]);
}

/** No machine knows the time until all control planes wait for it. */
async function withoutTime(lab: Lab, isOver: () => boolean): Promise<void> {
  const controlPlanes = lab.machines.filter(({ name }) => name.startsWith('cp'));
  for (const machine of lab.machines) machine.reachTimeServers(false);
  await lab.until(() => isOver() || controlPlanes.every((machine) => machine.inspect().etcd === 'waiting'), 120_000);
  for (const machine of lab.machines) machine.reachTimeServers(true);
}

/** The machine that has the VIP gives it up a moment later, again and again. Resolves with how often. */
async function flapVip(lab: Lab, isOver: () => boolean): Promise<number> {
  for (let moves = 0; ; moves += 1) {
    const holder = (): Lab['machines'][number] | undefined =>
      lab.machines.find((machine) => machine.inspect().virtualIps.length > 0);
    await lab.until(() => isOver() || holder() !== undefined, 120_000);
    if (isOver()) return moves;
    holder()?.resignVirtualIps();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
