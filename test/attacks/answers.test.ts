import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Effect, FaultRule } from '../../simulator/src/lab.ts';
import { startActivityLab } from '../activities/activity-lab.ts';
import type { ActivityLab } from '../activities/activity-lab.ts';
import { isFailure } from '../activities/attempt.ts';

/**
 * What may become of the answer to a call that cannot be taken back. A refusal is the only one after which
 * the machine has not acted.
 */
const answers = {
  'comes late': { phase: 'after', action: { delayMs: 60_000 } },
  'is lost': { phase: 'after', action: { hang: true } },
  'breaks off with the connection': { phase: 'after', action: { drop: true } },
  'is a refusal': 'refused',
} as const satisfies Record<string, Pick<FaultRule, 'phase' | 'action'> | 'refused'>;

interface Call {
  readonly method: string;
  readonly effect: Effect;
  /** The status with which a machine refuses it for good, and the failure that a person sees. */
  readonly refusal: { readonly code: number; readonly failure: ReturnType<typeof isFailure> };
  /** Makes the call once, on this machine, as a step of a run does. */
  readonly make: (lab: ActivityLab, machine: string) => Promise<unknown>;
}

/**
 * Makes a call whose answer fares badly; a person who sees a refusal has it tried again. The machine
 * must have acted exactly once.
 */
async function actsOnce(lab: ActivityLab, call: Call, machine: string, answer: keyof typeof answers): Promise<void> {
  const { method, effect, refusal, make } = call;
  const fate = answers[answer];
  const before = lab.effects(machine, effect);
  const times = (): number => lab.effects(machine, effect) - before;
  if (fate === 'refused') {
    const refuse = { code: refusal.code, message: 'not today' };
    lab.lab.faults.inject({ machine, method, phase: 'before', action: { refuse }, times: 1 });
    await assert.rejects(make(lab, machine), refusal.failure);
    assert.equal(times(), 0, `${machine} has not acted`);
  } else {
    lab.lab.faults.inject({ machine, method, ...fate, times: 1 });
  }
  await make(lab, machine);
  assert.equal(times(), 1, `${machine}, ${method}: the answer ${answer}`);
}

const everyAnswer = Object.keys(answers) as (keyof typeof answers)[];

const reset: Call = {
  method: 'Reset',
  effect: 'wiped',
  refusal: { code: 9, failure: isFailure('CommandFailed', /^\S+ .*not today/) },
  make: (lab, machine) => lab.carryOut('resetNode', lab.way(machine)),
};
const apply: Call = {
  method: 'ApplyConfiguration',
  effect: 'applied',
  refusal: { code: 3, failure: isFailure('ConfigurationRefused', /^\S+ .*: refused its configuration: not today/) },
  make: (lab, machine) => lab.carryOut('applyConfiguration', lab.way(machine)),
};
const bootstrap: Call = {
  method: 'Bootstrap',
  effect: 'bootstrapped',
  refusal: { code: 12, failure: isFailure('BootstrapRefused', /^\S+ .*: cannot be bootstrapped: not today/) },
  make: (lab, machine) => lab.carryOut('bootstrapNode', { ...lab.whole, node: machine }),
};
const reboot: Call = {
  method: 'Reboot',
  effect: 'rebooted',
  refusal: { code: 9, failure: isFailure('CommandFailed', /^\S+ .*not today/) },
  make: (lab) => lab.carryOut('drillFailover', lab.drill),
};

/** A machine for each fate of an answer. */
const fleet = ['cp-1', 'w-1', 'w-2', 'w-3'];

describe('whatever becomes of the answer, a machine acts exactly once', { concurrency: true }, () => {
  test('on a reset', async (t) => {
    const lab = await startActivityLab(t, { nodes: fleet });
    await Promise.all(everyAnswer.map((answer, index) => actsOnce(lab, reset, fleet[index] ?? '', answer)));
  });

  test('on a configuration', async (t) => {
    const lab = await startActivityLab(t, { nodes: fleet, cluster: 'none' });
    await Promise.all(everyAnswer.map((answer, index) => actsOnce(lab, apply, fleet[index] ?? '', answer)));
  });

  for (const answer of everyAnswer) {
    test(`on a bootstrap whose answer ${answer}`, async (t) => {
      const lab = await startWaitingForBootstrap(t);
      await actsOnce(lab, bootstrap, 'cp-1', answer);
      assert.deepEqual(lab.machine('cp-1').inspect().etcdMembers, ['cp-1']);
    });
  }

  test('on a reboot', async (t) => {
    const lab = await startActivityLab(t, { nodes: ['cp-1', 'cp-2', 'cp-3'], cluster: 'new' });
    for (const answer of everyAnswer) {
      await lab.changeRecord((record) => void delete record.drill); // each is a drill of its own
      await lab.until(() => holdersIn(lab).length === 1);
      const [holder = ''] = holdersIn(lab);
      await actsOnce(lab, reboot, holder, answer);
    }
    assert.equal(lab.lab.journal.effects(undefined, 'rebooted').length, everyAnswer.length);
  });
});

async function startWaitingForBootstrap(t: TestContext): Promise<ActivityLab> {
  const lab = await startActivityLab(t, { cluster: 'none' });
  await lab.carryOut('applyConfiguration', lab.way('cp-1'));
  await lab.carryOut('awaitNewCluster', lab.way('cp-1'));
  await lab.carryOut('chooseBootstrapNode', lab.whole);
  return lab;
}

function holdersIn(lab: ActivityLab): string[] {
  return lab.lab.machines
    .filter(({ name }) => lab.machine(name).inspect().virtualIps.length > 0)
    .map(({ name }) => name);
}
