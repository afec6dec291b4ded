import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { startActivityLab } from './activity-lab.ts';
import type { ActivityLab, ActivityLabOptions } from './activity-lab.ts';
import { isFailure } from './attempt.ts';
import { runTalosctl } from '../drawn-secrets.ts';

// Nothing in Talos prevents a second bootstrap, which makes a second cluster.
describe('chooseBootstrapNode', () => {
  test('takes the first control plane that is ready, writes it down and stays with it', async (t) => {
    const lab = await startConfigured(t, { nodes: ['cp-1', 'cp-2'] }, ['cp-2']);
    assert.equal(await lab.carryOut('chooseBootstrapNode', lab.whole), 'cp-2');

    await configure(lab, 'cp-1');
    assert.equal(await lab.carryOut('chooseBootstrapNode', lab.whole), 'cp-2');
    assert.equal((await lab.record()).bootstrap?.node, 'cp-2');
    assert.deepEqual(lab.lab.journal.requests(undefined, 'Bootstrap'), []);
  });

  test('obeys cluster.yaml, even if another one is ready before', async (t) => {
    const lab = await startConfigured(t, { nodes: ['cp-1', 'cp-2'], settings: 'bootstrapNode: cp-2' }, ['cp-1']);
    const choosing = lab.begin('chooseBootstrapNode', lab.whole);
    await lab.until(() => choosing.heartbeats.some(({ seeing }) => seeing.includes('waiting for cp-2')));
    await configure(lab, 'cp-2');

    assert.equal(await choosing.result, 'cp-2');
  });

  test('says after its time that none is ready', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none', timeout: '2s' });

    await assert.rejects(
      lab.carryOut('chooseBootstrapNode', lab.whole),
      isFailure('NotYet', /^None of cp-1 is ready for the bootstrap after 4 s.*No bootstrap was sent/),
    );
    assert.equal((await lab.record()).bootstrap, undefined);
  });

  test('takes the one that runs etcd already: an earlier run got that far', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2'], cluster: 'new', inMaintenance: ['cp-1'] });
    await lab.carryOut('applyConfiguration', lab.way('cp-1'));
    await lab.carryOut('awaitNewCluster', lab.way('cp-1'));

    assert.equal(await lab.carryOut('chooseBootstrapNode', lab.whole), 'cp-2');
    await lab.carryOut('bootstrapNode', { ...lab.whole, node: 'cp-2' });
    assert.deepEqual(lab.lab.journal.requests(undefined, 'Bootstrap'), []);
  });

  test('takes none that still runs the old cluster, whose secrets are the new ones too', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2'], secrets: 'keep', timeout: '2s' });

    await assert.rejects(lab.carryOut('chooseBootstrapNode', lab.whole), isFailure('NotYet', /^None of cp-1, cp-2/));
    assert.equal((await lab.record()).bootstrap, undefined);
  });
});

describe('bootstrapNode', () => {
  test('sends one bootstrap to the chosen control plane and none to another, though it runs twice', async (t) => {
    const lab = await startChosen(t, { nodes: ['cp-1', 'cp-2'] });
    await bootstrap(lab);
    await bootstrap(lab);
    await configure(lab, 'cp-2');
    await bootstrap(lab);

    assertOneCluster(lab);
    assert.deepEqual(lab.machine('cp-1').inspect().etcdMembers.slice(0, 1), ['cp-1']);
  });

  for (const [what, fault] of Object.entries({
    'the answer was lost': { phase: 'after', action: { drop: true } },
    'the answer comes late': { phase: 'after', action: { delayMs: 10_000 } },
    'the request was lost': { phase: 'before', action: { drop: true } },
  } as const)) {
    test(`makes one cluster when ${what}`, async (t) => {
      const lab = await startChosen(t);
      lab.lab.faults.inject({ method: 'Bootstrap', times: 1, ...fault });
      await bootstrap(lab);

      assert.equal(lab.effects('cp-1', 'bootstrapped'), 1);
    });
  }

  test('makes one cluster when the worker died before it heard the answer', async (t) => {
    const lab = await startChosen(t);
    const first = lab.begin('bootstrapNode', { ...lab.whole, node: 'cp-1' });
    await lab.endAfter(first, 'cp-1', 'Bootstrap');
    assert.ok((await lab.record()).bootstrap?.sentAt);

    await lab.carryOut('bootstrapNode', { ...lab.whole, node: 'cp-1' }, { after: first });
    assert.equal(lab.effects('cp-1', 'bootstrapped'), 1);
  });

  test('waits for a machine whose clock or runtime is not ready', async (t) => {
    const lab = await startActivityLab(t, { cluster: 'none', timings: { cri: 200_000 } });
    await configure(lab, 'cp-1');
    await choose(lab, 'cp-1');
    const message = 'time is not in sync yet';
    lab.lab.faults.inject({ method: 'Bootstrap', phase: 'before', action: { refuse: { code: 9, message } }, times: 1 });
    await bootstrap(lab);

    const answers = new Set(lab.requests('cp-1', 'Bootstrap').map(({ answer }) => answer));
    assert.deepEqual(answers, new Set(['FailedPrecondition', 'OK']));
    assert.equal(lab.effects('cp-1', 'bootstrapped'), 1);
  });

  test('refuses another machine than the one that was chosen, and sends nothing', async (t) => {
    const lab = await startConfigured(t, { nodes: ['cp-1', 'cp-2'] }, ['cp-1', 'cp-2']);
    const send = (node: string): Promise<void> => lab.carryOut('bootstrapNode', { ...lab.whole, node });
    const refused = isFailure('BootstrapRefused', /is not the control plane that was chosen.*Nothing was sent/);

    await assert.rejects(send('cp-1'), refused, 'nothing was chosen yet');
    await choose(lab, 'cp-1');
    await assert.rejects(send('cp-2'), refused);
    assert.deepEqual(lab.lab.journal.requests(undefined, 'Bootstrap'), []);

    await send('cp-1');
    assertOneCluster(lab);
  });

  test('refuses etcd data that survived a wipe, as often as it is asked', async (t) => {
    const lab = await startActivityLab(t, { isPlanned: false });
    await wipeState(lab, 'cp-1');
    await lab.makePlan();
    await configure(lab, 'cp-1');
    await lab.carryOut('chooseBootstrapNode', lab.whole);

    for (let asked = 0; asked < 2; asked += 1)
      await assert.rejects(bootstrap(lab), isFailure('BootstrapRefused', /^cp-1: its etcd has data already/));
  });

  test('refuses etcd data that a machine speaks of after it was not ready at first', async (t) => {
    const lab = await startChosen(t);
    const refuse = (code: number, message: string, times: number): unknown =>
      lab.lab.faults.inject({ method: 'Bootstrap', phase: 'before', action: { refuse: { code, message } }, times });
    refuse(9, 'bootstrap is not available yet', 2);
    refuse(6, 'etcd data directory is not empty', 1);
    await assert.rejects(bootstrap(lab), isFailure('BootstrapRefused', /^cp-1: its etcd has data already/));

    refuse(6, 'etcd data directory is not empty', 1);
    await assert.rejects(bootstrap(lab), isFailure('BootstrapRefused', /^cp-1: its etcd has data already/));
    assert.equal(lab.effects('cp-1', 'bootstrapped'), 0);
  });

  test('says what kept it from seeing that etcd has begun', async (t) => {
    const lab = await startChosen(t, { timeout: '4s' });
    const busy = { code: 14, message: 'too busy' };
    lab.lab.faults.inject({ method: 'ServiceList', phase: 'before', action: { refuse: busy } });

    await assert.rejects(bootstrap(lab), isFailure('NotYet', /accepted, .*; asked for its members: cp-1 .*too busy/));
    assert.equal(lab.requests('cp-1', 'Bootstrap').length, 1);
  });

  test('ends at once when the machine cannot be bootstrapped at all', async (t) => {
    const lab = await startChosen(t);
    const message = 'bootstrap is only available on control plane nodes';
    lab.lab.faults.inject({ method: 'Bootstrap', phase: 'before', action: { refuse: { code: 12, message } } });

    await assert.rejects(bootstrap(lab), isFailure('BootstrapRefused', /^cp-1 .*only available on control plane/));
    assert.equal(lab.requests('cp-1', 'Bootstrap').length, 1);
  });
});

/** Machines in maintenance mode, some of which get their configuration: their etcd waits for a bootstrap. */
async function startConfigured(
  t: Parameters<typeof startActivityLab>[0],
  options: ActivityLabOptions,
  names: readonly string[],
): Promise<ActivityLab> {
  const lab = await startActivityLab(t, { cluster: 'none', ...options });
  for (const name of names) await configure(lab, name);
  return lab;
}

/** `cp-1` waits for a bootstrap and is chosen for it. */
async function startChosen(
  t: Parameters<typeof startActivityLab>[0],
  options: ActivityLabOptions = {},
): Promise<ActivityLab> {
  const lab = await startConfigured(t, options, ['cp-1']);
  await lab.carryOut('chooseBootstrapNode', lab.whole);
  return lab;
}

async function configure(lab: ActivityLab, name: string): Promise<void> {
  await lab.carryOut('applyConfiguration', lab.way(name));
  await lab.carryOut('awaitNewCluster', lab.way(name));
}

async function choose(lab: ActivityLab, node: string): Promise<void> {
  await lab.changeRecord((record) => {
    record.bootstrap = { node, chosenAt: new Date().toISOString() };
  });
}

async function bootstrap(lab: ActivityLab): Promise<void> {
  await lab.carryOut('bootstrapNode', { ...lab.whole, node: 'cp-1' });
}

function assertOneCluster(lab: ActivityLab): void {
  assert.deepEqual(
    lab.lab.journal.requests(undefined, 'Bootstrap').map(({ machine }) => machine),
    ['cp-1'],
  );
  assert.equal(lab.lab.journal.effects(undefined, 'bootstrapped').length, 1);
}

/** What a person may have done by hand: the machine forgets its configuration and keeps etcd's data. */
async function wipeState(lab: ActivityLab, name: string): Promise<void> {
  const machine = lab.machine(name);
  const talosconfig = path.join(lab.folder.sets, '2025-01-01', 'talosconfig');
  const to = ['--talosconfig', talosconfig, '-e', machine.address, '-n', machine.address];
  await runTalosctl('reset', '--graceful=false', '--reboot', '--wait=false', '--system-labels-to-wipe', 'STATE', ...to);
  await lab.until(() => machine.inspect().api === 'maintenance');
}
