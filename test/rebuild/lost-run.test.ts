import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { readRunRecord } from '../../src/cluster/run-record.ts';
import { hasTouchedMachines } from '../../src/run/left-behind.ts';
import type { ApprovalGate } from '../../src/run/gates.ts';
import type { NodeStage, Progress } from '../../src/run/progress.ts';
import type { Rehearsal, RunningRebuild } from './rehearsal.ts';
import { rehearse } from './rehearsal.ts';
import { asRebuildPlan } from '../../src/run/plan/approvable-plan.ts';

const machines = ['cp-1', 'cp-2', 'cp-3', 'w-1'];

/** Where a run is terminated, as it is seen from outside. */
interface Death {
  readonly when: string;
  readonly isReached: (rehearsal: Rehearsal, progress: Progress) => boolean;
}

const all: readonly Death[] = [
  {
    when: 'the canary is in maintenance mode',
    isReached: (_, { nodes }) => nodes.some(({ name, stage }) => name === 'w-1' && !isBefore(stage)),
  },
  {
    when: 'control planes are being wiped',
    isReached: ({ lab }) => lab.journal.effects(undefined, 'wiped').some(({ machine }) => machine.startsWith('cp-')),
  },
  {
    when: 'configurations are out and nothing is bootstrapped',
    isReached: ({ lab }) => lab.journal.effects('w-1', 'applied').length > 0,
  },
  { when: 'the bootstrap was sent', isReached: ({ lab }) => lab.journal.requests(undefined, 'Bootstrap').length > 0 },
  {
    when: 'the cluster is being verified',
    isReached: (_, { phases }) => phases.some(({ name, state }) => name === 'verify' && state !== 'waiting'),
  },
  {
    when: 'the drill has rebooted the holder',
    isReached: ({ lab }) => lab.journal.requests(undefined, 'Reboot').length > 0,
  },
];

/** A stage may pass between two looks, so what comes after it counts as well. */
function isBefore(stage: NodeStage): boolean {
  return stage === 'waiting' || stage === 'resetting';
}

/** With kept secrets only what was written down tells the machines of the two clusters apart. */
const half = all.filter((_, index) => index % 2 === 1);

describe('a rebuild whose runs are terminated one after the other', () => {
  for (const [secrets, deaths] of [
    ['new', all],
    ['keep', half],
  ] as const) {
    test(`goes on each time from what the machines show, with one wipe each and one bootstrap (secrets: ${secrets})`, async (t) => {
      const rehearsal = await rehearse(t, { secrets });
      const { lab } = rehearsal;
      let rebuild = await rehearsal.start();
      let set: string | undefined;
      for (const { when, isReached } of deaths) {
        await rebuild.approve();
        let seen = await lookAt(rebuild);
        for (; !(isReached(rehearsal, seen) && (await hasDoneAnything(seen))); seen = await lookAt(rebuild))
          await sleep(20);
        await rebuild.handle.terminate(when);
        const folder = path.basename(seen.folder ?? '');
        rebuild = await rehearsal.start();
        const gate = await approvalGate(rebuild);
        t.diagnostic(`${when}: ${gate.consequences[0]}`);
        assert.match(gate.consequences[0] ?? '', new RegExp(`^Goes on from run ${folder}, which did not end`), when);
        const { plan, findings } = await rebuild.progress();
        set ??= asRebuildPlan(plan)?.plan.set;
        assert.equal(asRebuildPlan(plan)?.plan.set, set, 'the secrets are the same');
        assert.ok(findings.some(({ seen }) => seen.startsWith(`run ${folder} did not end`)));
      }
      await rebuild.approve();
      const progress = await rebuild.result();

      assert.equal(progress.outcome, 'rebuilt', progress.verdict);
      assert.equal(progress.failover?.proven, true);
      for (const name of machines) {
        assert.equal(lab.journal.effects(name, 'wiped').length, 1, `${name} is wiped once`);
        assert.equal(lab.journal.effects(name, 'applied').length, 1, `${name} gets one configuration`);
      }
      assert.equal(lab.journal.effects(undefined, 'bootstrapped').length, 1);
      assert.equal(new Set(lab.journal.requests(undefined, 'Bootstrap').map(({ machine }) => machine)).size, 1);
    });
  }
});

/**
 * What the machines show may be the doing of a run before: one that has done nothing yet leaves nothing to go on from.
 */
async function hasDoneAnything({ folder = '' }: Progress): Promise<boolean> {
  return hasTouchedMachines(await readRunRecord(folder));
}

/** The plan's; a preflight that asks something instead is a failure of this test. */
async function approvalGate(rebuild: RunningRebuild): Promise<ApprovalGate> {
  for (;;) {
    const { gates } = await lookAt(rebuild);
    const gate = gates.find((one) => one.kind === 'approval');
    if (gate) return gate;
    await sleep(50);
  }
}

/** A run that has a question on the way is a failure of this test. */
async function lookAt(rebuild: RunningRebuild): Promise<Progress> {
  const progress = await rebuild.progress();
  const [gate] = progress.gates;
  assert.ok(gate?.kind !== 'failure', JSON.stringify(gate));
  assert.equal(progress.outcome, undefined, progress.verdict);
  return progress;
}
