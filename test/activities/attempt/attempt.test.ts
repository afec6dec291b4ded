import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ActivityCancelledError, ActivityNotFoundError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { runlessActivity } from '../../../src/activities/attempt/attempt.ts';
import type { RunlessAttempt } from '../../../src/activities/attempt/attempt.ts';
import { WorkerStops } from '../../../src/activities/attempt/worker-context.ts';
import type { WorkerContext } from '../../../src/activities/attempt/worker-context.ts';
import { KubernetesError } from '../../../src/kubernetes/kubernetes-error.ts';
import { Failure } from '../../../src/run/failure.ts';
import { attempt as beginAttempt } from '../attempt.ts';
import type { AttemptOptions, BegunAttempt } from '../attempt.ts';

/** An attempt at an activity that does this and needs nothing of its worker. */
function begin<Result>(
  body: (attempt: RunlessAttempt) => Promise<Result>,
  options?: AttemptOptions,
): BegunAttempt<Result> {
  return beginAttempt(runlessActivity({} as WorkerContext, body), undefined, options);
}

async function failureOf(one: BegunAttempt<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await one.result.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ApplicationFailure, String(error));
  return error;
}

const lost = (): Failure => new Failure('NodeUnreachable', 'cp-1: does not answer');

describe('what an activity throws', () => {
  test('goes to the workflow with its type and its details and is final when it is a failure that we know', async () => {
    const details = { planned: 'A', seen: 'B' };
    const failure = await failureOf(
      begin(() => Promise.reject(new Failure('WrongMachine', 'cp-1: another machine', { details }))),
    );
    assert.equal(failure.type, 'WrongMachine');
    assert.equal(failure.message, 'cp-1: another machine');
    assert.deepEqual(failure.details, [details]);
    assert.equal(failure.nonRetryable, true);
  });

  test('is a type of ours, too, when the Kubernetes API is the cause', async () => {
    const failure = await failureOf(begin(() => Promise.reject(new KubernetesError('unreachable', 'no answer'))));
    assert.equal(failure.type, 'KubernetesUnavailable');
    assert.equal(failure.nonRetryable, true);
  });

  test('is tried three times when it is unexpected, and final then', async () => {
    const body = (): Promise<never> => Promise.reject(new TypeError('a passing fault'));
    let last: BegunAttempt<unknown> | undefined;
    const isFinal: unknown[] = [];
    for (let number = 1; number <= 3; number++) {
      last = begin(body, last === undefined ? {} : { after: last });
      const failure = await failureOf(last);
      assert.equal(failure.type, 'TypeError');
      isFinal.push(failure.nonRetryable);
    }
    assert.deepEqual(isFinal.map(Boolean), [false, false, true]);
  });

  test('says nothing against the activity when its worker was stopped, and is tried again at once', async () => {
    const fault = (): Error => new TypeError('a passing fault');
    const stop = (): Error => new WorkerStops();
    let last: BegunAttempt<unknown> | undefined;
    const isFinal: boolean[] = [];
    for (const makeError of [fault, stop, stop, stop, stop, fault, fault]) {
      last = begin(() => Promise.reject(makeError()), last && { after: last });
      const { type, nonRetryable, nextRetryDelay } = await failureOf(last);
      isFinal.push(nonRetryable === true);
      assert.equal(nextRetryDelay, type === 'WorkerStops' ? '100ms' : undefined);
    }
    assert.deepEqual(isFinal, [false, false, false, false, false, false, true]);
  });

  test('holds no secret, whether we know it or not', async () => {
    const key = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIPreciousBase64\n-----END EC PRIVATE KEY-----';
    for (const error of [
      new Failure('CommandFailed', `it said ${key}`),
      new Error(`it said ${key}`),
      `it said ${key}`,
    ]) {
      const told: string[] = [];
      const one = begin(() => Promise.reject(error as Error), { onTold: (what) => void told.push(what) });
      const { message } = await failureOf(one);
      assert.match(message, /^it said /);
      assert.doesNotMatch(message, /Precious/);
      assert.doesNotMatch(told.join('\n'), /Precious/);
    }
  });

  test('is a cancellation when the worker stops meanwhile, whatever came of it', async () => {
    const one = begin(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      throw new Failure('CommandFailed', 'the command was ended');
    });
    await one.end();
  });
});

describe('look and act', () => {
  test('acts once on what was seen', async () => {
    const acted: string[] = [];
    const one = begin((attempt) =>
      attempt.lookAndAct(
        () => Promise.resolve('maintenance'),
        (seen) => Promise.resolve(acted.push(seen)),
      ),
    );
    await one.result;
    assert.deepEqual(acted, ['maintenance']);
  });

  for (const answer of [new ActivityNotFoundError('not found'), new ActivityCancelledError('cancelled')]) {
    test(`sends nothing when the server answers ${answer.name}: this attempt counts no more`, async () => {
      let acted = 0;
      const one = begin(
        (attempt) =>
          attempt.lookAndAct(
            () => Promise.resolve(),
            () => Promise.resolve(acted++),
          ),
        {
          beforeActing: () => Promise.reject(answer),
        },
      );
      await assert.rejects(one.result, CancelledFailure);
      assert.equal(acted, 0);
    });
  }

  test('sends nothing when the server cannot be asked', async () => {
    let acted = 0;
    const one = begin(
      (attempt) =>
        attempt.lookAndAct(
          () => Promise.resolve(),
          () => Promise.resolve(acted++),
        ),
      {
        beforeActing: () => Promise.reject(new Error('no connection')),
      },
    );
    assert.match((await failureOf(one)).message, /no connection/);
    assert.equal(acted, 0);
  });

  test('looks again instead of acting on a look that is older than 5 seconds', async (t) => {
    for (const [took, acted] of [
      [4900, 'look 1'],
      [5100, 'look 2'],
    ] as const) {
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
      let looks = 0;
      const one = begin((attempt) =>
        attempt.lookAndAct(
          () => {
            looks += 1;
            if (looks === 1) t.mock.timers.setTime(Date.now() + took);
            return Promise.resolve(`look ${looks}`);
          },
          (seen) => Promise.resolve(seen),
        ),
      );
      assert.equal(await one.result, acted);
      t.mock.timers.reset();
    }
  });

  test('gives up with nothing sent when every look is too old', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    let acted = 0;
    const one = begin((attempt) =>
      attempt.lookAndAct(
        () => Promise.resolve(t.mock.timers.setTime(Date.now() + 20_000)),
        () => Promise.resolve(acted++),
      ),
    );
    const failure = await failureOf(one);
    assert.equal(failure.type, 'NotYet');
    assert.match(failure.message, /too old to act on\. Nothing was sent/);
    assert.equal(acted, 0);
  });

  test('repeats a look that was lost on the way, and acts on the one that came', async () => {
    let looks = 0;
    const one = begin((attempt) =>
      attempt.lookAndAct(
        () => (++looks < 3 ? Promise.reject(lost()) : Promise.resolve(looks)),
        (seen) => Promise.resolve(seen),
      ),
    );
    assert.equal(await one.result, 3);
  });

  test('repeats no look that saw what must not be, and sends nothing', async () => {
    let looks = 0;
    let acted = 0;
    const one = begin((attempt) =>
      attempt.lookAndAct(
        () => {
          looks += 1;
          return Promise.reject(new Failure('ForeignCluster', 'cp-1: belongs to another cluster'));
        },
        () => Promise.resolve(acted++),
      ),
    );
    assert.equal((await failureOf(one)).type, 'ForeignCluster');
    assert.deepEqual([looks, acted], [1, 0]);
  });

  test('repeats no deed: one whose answer was lost is for the next attempt to look at', async () => {
    let acted = 0;
    const one = begin((attempt) =>
      attempt.lookAndAct(
        () => Promise.resolve(),
        () => {
          acted += 1;
          return Promise.reject(lost());
        },
      ),
    );
    assert.equal((await failureOf(one)).type, 'NodeUnreachable');
    assert.equal(acted, 1);
  });

  test('ends at once when the worker stops while looks are lost', async () => {
    let isLooking = (): void => undefined;
    const looking = new Promise<void>((resolve) => (isLooking = resolve));
    const one = begin((attempt) =>
      attempt.lookAndAct(
        () => {
          isLooking();
          return Promise.reject(lost());
        },
        () => Promise.resolve(assert.fail('acted on nothing')),
      ),
    );
    await looking;
    await one.end();
  });
});

describe('heartbeats', () => {
  test('tell what is going on, and hand the beginning on to the next attempt', async () => {
    const first = begin((attempt) => {
      attempt.say('cp-1: resetting');
      return Promise.reject(new Error('crashed'));
    });
    await failureOf(first);
    const [begun, said] = first.heartbeats;
    assert.equal(said?.seeing, 'cp-1: resetting');

    const second = begin((attempt) => Promise.resolve(attempt.startedAt), { after: first });
    assert.equal(await second.result, begun?.startedAt);
    assert.deepEqual(second.heartbeats[0], { ...said, unexpected: 1 });
  });

  test('come with a change of words, not with their repetition', async () => {
    const one = begin((attempt) => {
      for (const text of ['a', 'a', 'b', 'b']) attempt.say(text);
      return Promise.resolve();
    });
    await one.result;
    assert.deepEqual(
      one.heartbeats.map(({ seeing }) => seeing),
      ['', 'a', 'b'],
    );
  });
});
