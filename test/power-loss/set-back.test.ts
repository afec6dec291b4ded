import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startComputer } from './computer.ts';
import { assertRebuiltOnce } from './once.ts';

describe('a rebuild whose database is set back', { timeout: 300_000 }, () => {
  // With kept secrets it is hardest: no certificate tells a machine of the new cluster from one of the old.
  test('goes on from what the machines show, with one wipe and one bootstrap, also with kept secrets', async (t) => {
    const computer = await startComputer(t, { secrets: 'keep' });
    const { lab } = computer;
    const { journal } = lab;
    let dev = await computer.startDev();
    const setBack = async (copy: string): Promise<void> => {
      await dev.losePower();
      await computer.setDatabaseBack(copy);
      dev = await computer.startDev();
      t.diagnostic(`set back to ${copy}`);
    };
    const started = await computer.run('start');
    assert.equal(started.code, 2, started.stderr);

    // To before the approval, when the control planes have their configuration.
    await computer.copyDatabase('before the approval');
    await computer.approve();
    await lab.until(() => journal.effects(undefined, 'applied').some(({ machine }) => machine.startsWith('cp-')));
    await setBack('before the approval');
    await computer.approve();
    const refused = await computer.run('watch');
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stdout, /this run has touched machines before.*Start again/s);

    const again = await computer.run('start');
    assert.equal(again.code, 2, again.stderr);
    const gate = await computer.approve();
    assert.match(gate.consequences[0] ?? '', /^Goes on from run /);

    // To before the bootstrap, when it was sent.
    await computer.until(({ phases }) => phases.some(({ name, state }) => name === 'canary' && state !== 'waiting'));
    await computer.copyDatabase('before the bootstrap');
    t.diagnostic(`bootstraps sent before the copy: ${journal.requests(undefined, 'Bootstrap').length}`); // on a busy computer perhaps 1
    await lab.until(() => journal.requests(undefined, 'Bootstrap').length > 0);
    await setBack('before the bootstrap');

    // To before the drill, when it has rebooted the holder.
    await computer.until(({ phases }) => phases.some(({ name, state }) => name === 'verify' && state === 'running'));
    await computer.copyDatabase('before the drill');
    assert.equal(journal.requests(undefined, 'Reboot').length, 0);
    await lab.until(() => journal.requests(undefined, 'Reboot').length > 0);
    await setBack('before the drill');

    await assertRebuiltOnce(computer);
    await dev.stop();
  });
});
