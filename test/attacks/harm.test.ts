import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { startActivityLab } from '../activities/activity-lab.ts';
import { runTalosctl } from '../drawn-secrets.ts';
import { watchForHarm } from './harm.ts';

// Every other test here rests on this search, so a real wipe must not escape it.
describe('the search for harm', () => {
  test('finds a reset, a configuration and a reboot that were really sent, on that machine and no other', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'w-1'] });
    const assertUnharmed = watchForHarm(lab.lab);
    assertUnharmed('cp-1', 'w-1');
    const machine = lab.machine('w-1');
    const talosconfig = path.join(lab.folder.sets, '2025-01-01', 'talosconfig');
    const to = ['--talosconfig', talosconfig, '-e', machine.address, '-n', machine.address];

    await runTalosctl('reboot', '--wait=false', ...to);
    assert.throws(() => assertUnharmed('w-1'), /w-1 was asked: MachineService\/Reboot/);
    await lab.until(() => lab.effects('w-1', 'rebooted') === 1 && machine.inspect().stage === 'running');
    const wipe = ['--graceful=false', '--reboot', '--wait=false', '--system-labels-to-wipe', 'STATE,EPHEMERAL'];
    await runTalosctl('reset', ...wipe, ...to);
    assert.throws(() => assertUnharmed('w-1'), /w-1 was asked: MachineService\/Reset/);
    await lab.until(() => machine.inspect().api === 'maintenance');
    assert.throws(() => assertUnharmed('w-1'), /w-1: wiped/);
    assert.equal(lab.effects('w-1', 'rebooted'), 2, 'what happens twice is counted twice');
    await runTalosctl('apply-config', '--insecure', '-n', machine.address, '-f', lab.configurationFile('w-1'));
    assert.throws(() => assertUnharmed('w-1'), /w-1 was asked: MachineService\/ApplyConfiguration/);
    assertUnharmed('cp-1');
  });
});
