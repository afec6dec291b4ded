import assert from 'node:assert/strict';
import { readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { freePort } from '../../src/temporal/free-port.ts';
import { type Computer, startComputer } from './computer.ts';
import { asRebuildPlan } from '../../src/run/plan/approvable-plan.ts';

/** When the database is lost, as it is seen from outside, and what is lost with it. */
interface Loss {
  readonly when: string;
  readonly isReached: (computer: Computer) => Promise<boolean> | boolean;
  readonly lose: (computer: Computer) => Promise<void>;
  /** Whether a machine was touched before: then there is something to go on from. */
  readonly isAfterFirstReset: boolean;
}

const losses: readonly Loss[] = [
  {
    when: 'the plan waits for approval',
    isReached: async ({ progress }) => (await progress()).gates.length > 0,
    lose: damageAndMoveAway,
    isAfterFirstReset: false,
  },
  {
    when: 'control planes have their configuration, and the canary is in maintenance mode',
    isReached: ({ lab: { journal, machines } }) =>
      machines.every(({ name }) => journal.effects(name, 'wiped').length > 0) &&
      journal.effects(undefined, 'applied').length > 0,
    lose: async ({ database }) => {
      for (const beside of ['', '-journal', '-wal', '-shm', '.server.json', '.server-version'])
        await rm(`${database}${beside}`, { force: true });
    },
    isAfterFirstReset: true,
  },
  {
    when: 'the bootstrap was sent',
    isReached: ({ lab }) => lab.journal.effects(undefined, 'bootstrapped').length > 0,
    lose: async ({ database }) => rm(path.dirname(database), { recursive: true }),
    isAfterFirstReset: true,
  },
  {
    when: 'the drill has rebooted the holder',
    isReached: ({ lab }) => lab.journal.requests(undefined, 'Reboot').length > 0,
    lose: async ({ database }) => rm(database), // its journal stays, as of a transaction that was cut off
    isAfterFirstReset: true,
  },
];

describe('a rebuild whose database is deleted again and again', { timeout: 300_000 }, () => {
  test('is gone on from by `start`: each machine is wiped, configured and bootstrapped once, with the same secrets', async (t) => {
    const computer = await startComputer(t);
    const { lab, run, until, progress } = computer;
    // The canary stays in maintenance mode, until the run that was to configure it is lost.
    const hold = lab.faults.inject({
      machine: 'w-1',
      method: 'ApplyConfiguration',
      phase: 'before',
      action: { hang: true },
    });
    let dev = await computer.startDev();
    assert.equal((await run('start')).code, 2);
    const watch = computer.begin('watch');
    await watch.hasSaid(/approve or reject/);
    const first = asRebuildPlan((await progress()).plan);
    assert.ok(first);
    const secrets = await secretsOf(computer, first.plan.set);

    for (const { when, isReached, lose, isAfterFirstReset } of losses) {
      while (!(await isReached(computer))) await sleep(5);
      const lost = path.basename((await progress()).folder ?? '');
      await dev.losePower();
      if (isAfterFirstReset) hold();
      await lose(computer);
      dev = await computer.startDev();
      const before = deeds(computer);

      const started = await run('start');
      assert.equal(started.code, 2, started.stderr);
      assert.deepEqual(deeds(computer), before, `${when}: nothing is done before the approval`);
      const again = asRebuildPlan((await progress()).plan);
      assert.equal(again?.plan.set, first.plan.set, when);
      const saysSo = new RegExp(`What went before\n  - Goes\\s+on\\s+from\\s+run\\s+${lost},\\s+which\\s`);
      if (isAfterFirstReset) assert.match(started.stdout, saysSo, when);
      else assert.equal(again.digest, first.digest, 'what was read before can be approved as it is');
      const { consequences } = await computer.approve();
      assert.equal(
        consequences[0]?.startsWith(`Goes on from run ${lost}, which did not end`),
        isAfterFirstReset,
        consequences[0],
      );
      t.diagnostic(`${when}: ${consequences[0]}`);
    }
    const watched = await watch.ended; // since the first loss, as the run that it followed was gone
    assert.equal(watched.code, 1);
    assert.match(
      watched.stderr,
      /There is no run on .*`talos-rebuild start` begins one, or goes on from one that was lost/s,
    );

    const { outcome, verdict, failover } = await until(({ endedAt }) => endedAt !== undefined);
    assert.equal(outcome, 'rebuilt', verdict);
    assert.equal(failover?.proven, true);
    for (const { name } of lab.machines) {
      assert.equal(lab.journal.effects(name, 'wiped').length, 1, `${name} is wiped once`);
      assert.equal(lab.journal.effects(name, 'applied').length, 1, `${name} gets one configuration`);
    }
    assert.equal(lab.journal.effects(undefined, 'bootstrapped').length, 1);
    assert.equal(new Set(lab.journal.requests(undefined, 'Bootstrap').map(({ machine }) => machine)).size, 1);
    assert.ok(secrets.equals(await secretsOf(computer, first.plan.set)), 'the secrets are the same');
    await dev.stop();
  });
});

/** Cut off in the middle, the file is refused, and the refusal says how to go on. */
async function damageAndMoveAway({ database, run }: Computer): Promise<void> {
  await truncate(database, (await stat(database)).size / 2);
  const ports = [await freePort('127.0.0.1', 0), await freePort('127.0.0.1', 0)];
  const { code, stderr } = await run('dev', '--port', String(ports[0]), '--ui-port', String(ports[1]));
  assert.equal(code, 1, stderr);
  assert.match(stderr, /temporal\.db is damaged: database disk image is malformed\. Nothing was changed/);
  const [, from = '', to = ''] = /mv '([^']+)' '([^']+)'/.exec(stderr) ?? [];
  assert.equal(from, database);
  await rename(from, to);
}

async function secretsOf({ definition }: Computer, set: string): Promise<Buffer> {
  return readFile(path.join(definition.folder, 'sets', set, 'secrets.yaml'));
}

/** How often machines were sent something that changes them. */
function deeds({ lab: { journal } }: Computer): Record<string, number> {
  const kinds = ['Reset', 'ApplyConfiguration', 'Bootstrap', 'Reboot'] as const;
  return Object.fromEntries(kinds.map((kind) => [kind, journal.requests(undefined, kind).length]));
}
