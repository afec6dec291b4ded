import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { type Computer, startComputer } from './computer.ts';
import { assertRebuiltOnce } from './once.ts';
import { loseUnsynced } from './unsynced.ts';

/** When the power goes, as it is seen from outside. */
interface Moment {
  readonly when: string;
  readonly isReached: (computer: Computer) => Promise<boolean> | boolean;
  /**
   * Temporal's commits of the last so many ms before are lost as well, as with a disk that says
   * too early that it has them.
   */
  readonly lostCommitsMs?: number;
  /** Only `dev` is killed, as by the kernel when memory is short: its server is left behind. */
  readonly isServerLeft?: true;
}

const moments: readonly Moment[] = [
  {
    when: 'the plan waits for approval',
    isReached: async ({ progress }) => (await progress()).gates.length > 0,
  },
  {
    when: 'the canary is wiped',
    isReached: ({ lab }) => lab.journal.effects('w-1', 'wiped').length > 0,
    lostCommitsMs: 500,
  },
  {
    when: 'control planes are being reset',
    isReached: ({ lab }) => lab.journal.effects(undefined, 'wiped').some(({ machine }) => machine.startsWith('cp-')),
    isServerLeft: true,
  },
  {
    when: 'the bootstrap was sent',
    isReached: ({ lab }) => lab.journal.effects(undefined, 'bootstrapped').length > 0,
    lostCommitsMs: 500,
  },
  {
    when: 'the drill has rebooted the holder',
    isReached: ({ lab }) => lab.journal.requests(undefined, 'Reboot').length > 0,
  },
];

/**
 * Power loss is shown as: all processes of the computer stopped in one instant and killed, every file emptied that
 * was not synced since it was written, and some times Temporal's last commits taken back. Not shown: names that a
 * folder which was not synced may lose, blocks of a file that are written out of order, and pages of SQLite's own,
 * which it syncs by itself.
 */
describe('a computer that loses its power again and again', { timeout: 300_000 }, () => {
  test('goes on each time with `dev` alone, and each machine is wiped, configured and bootstrapped once', async (t) => {
    const computer = await startComputer(t);
    const { disk, syncLog } = computer;
    let dev = await computer.startDev();
    const started = await computer.run('start');
    assert.equal(started.code, 2, started.stderr);

    for (const { when, isReached, lostCommitsMs, isServerLeft } of moments) {
      while (!(await isReached(computer))) await sleep(5);
      if (lostCommitsMs !== undefined) {
        await computer.copyDatabase(when);
        await sleep(lostCommitsMs);
      }
      if (isServerLeft) await dev.kill();
      else {
        await dev.losePower();
        const emptied = await loseUnsynced(disk, syncLog, isTemporals);
        t.diagnostic(`${when}, not synced: ${emptied.map((file) => path.basename(file)).join(', ')}`);
      }
      if (lostCommitsMs !== undefined) await computer.setDatabaseBack(when);
      dev = await computer.startDev();
      if (isServerLeft) assert.match(dev.said(), /ended the Temporal server that a killed process had left behind/);
      if ((await computer.progress()).gates.length > 0) await computer.approve();
    }
    await assertRebuiltOnce(computer);
    await dev.stop();
    assert.match(dev.said(), /Runs are kept and go on/);
  });
});

/** SQLite syncs what it needs by itself. */
function isTemporals(file: string): boolean {
  return /temporal\.db(-journal)?$/.test(file);
}
