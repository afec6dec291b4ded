import { setMaxListeners } from 'node:events';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { ActivityCancelledError, ActivityNotFoundError } from '@temporalio/client';
import { KubernetesError } from '../../kubernetes/kubernetes-error.ts';
import { Failure } from '../../run/failure.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { redact } from '../../talos/redact.ts';
import { patiently } from './patiently.ts';
import { until } from './until.ts';
import type { Patience } from './until.ts';
import { WorkerStops } from './worker-context.ts';
import type { WorkerContext } from './worker-context.ts';

const heartbeatEveryMs = 2000;

/** A look at a machine is too old to act on after this time, by wall clock: a suspended laptop's clock goes on. */
const freshForMs = 5000;

/**
 * Whether what was seen at an instant (ISO 8601) may still be acted on. One in the future is of a clock
 * that was set back: it is not.
 */
export function isFresh(seenAt: string | undefined): boolean {
  const age = Date.now() - Date.parse(seenAt ?? '');
  return age >= 0 && age < freshForMs;
}

/** How long looks are repeated that are too old when they are done, or that were lost on the way, in ms. */
const lookForMs = 60_000;

/** How often something unexpected is tried again before a person is asked. */
const attemptsAtTheUnexpected = 3;

/** One attempt at an activity that belongs to no run yet: which worker makes it, and what is known of its time. */
export interface RunlessAttempt {
  readonly worker: WorkerContext;
  /** Aborted when the activity is cancelled or the worker stops; `signal.reason` is Temporal's own failure. */
  readonly signal: AbortSignal;
  /** When the first attempt began, ms since the epoch: deadlines survive restarts. */
  readonly startedAt: number;
  /** What is going on, for heartbeats: one line, no secrets. */
  say(seeing: string): void;
  /**
   * When something began that was waited for, as `mark` wrote it down, ms since the epoch: kept over restarts as well.
   */
  markedAt(what: string): number | undefined;
  /** Writes down that it begins now. */
  mark(what: string): void;
  /**
   * What is left of a time limit that began with the first attempt, in ms; never so little that one look is impossible.
   */
  remainingMs(limitMs: number): number;
  /**
   * Looks again and again until `look` resolves with something, and resolves with that. The time limit began
   * with the first attempt. A cancelled attempt ends at once, as does one whose worker stops: the next one
   * goes on from what it sees.
   */
  until<T>(look: () => Promise<T | undefined>, patience: Patience<T>): Promise<T>;
  /**
   * Looks, and acts on what was seen while it is fresh. Right before acting it asks the server whether this attempt is
   * still the one that counts: a superseded or cancelled one ends here and sends nothing. Looks that fail or take too
   * long are repeated for a minute, or for what is left of the time limit.
   */
  lookAndAct<S, T>(look: () => Promise<S>, act: (seen: S) => Promise<T>, limitMs?: number): Promise<T>;
}

/** One attempt at an activity of a run. */
export interface Attempt extends RunlessAttempt {
  readonly run: RunReference;
}

/** What heartbeats carry. */
export interface HeartbeatDetails {
  readonly startedAt: number;
  readonly seeing: string;
  readonly marks?: Readonly<Record<string, number>>;
  /**
   * How many attempts something unexpected has ended. One whose worker was stopped or killed says
   * nothing against the activity.
   */
  readonly unexpected?: number;
}

/** Makes an activity of the run that its input names. */
export function activity<Input extends { readonly run: RunReference }, Result>(
  worker: WorkerContext,
  body: (attempt: Attempt, input: Input) => Promise<Result>,
): (input: Input) => Promise<Result> {
  return runlessActivity(worker, (attempt, input) => body({ ...attempt, run: input.run }, input));
}

/**
 * Makes an activity: heartbeats all the while, and turns what is thrown into failures that a workflow can tell apart.
 */
export function runlessActivity<Input, Result>(
  worker: WorkerContext,
  body: (attempt: RunlessAttempt, input: Input) => Promise<Result>,
): (input: Input) => Promise<Result> {
  return async (input) => {
    const context = Context.current();
    const before = context.info.heartbeatDetails as HeartbeatDetails | undefined;
    const startedAt = before?.startedAt ?? Date.now();
    let seeing = before?.seeing ?? '';
    let marks = before?.marks;
    let unexpected = before?.unexpected ?? 0;
    const details = (): HeartbeatDetails => ({ startedAt, seeing, unexpected, ...(marks && { marks }) });
    const beat = (): void => context.heartbeat(details());
    beat();
    const timer = setInterval(beat, heartbeatEveryMs);
    const { stopping } = worker;
    const leaving = stopping ? AbortSignal.any([context.cancellationSignal, stopping]) : context.cancellationSignal;
    setMaxListeners(0, context.cancellationSignal, leaving); // one attempt waits for many machines and commands at once
    const remainingMs = (limitMs: number): number => Math.max(startedAt + limitMs - Date.now(), 3000);
    try {
      const attempt: RunlessAttempt = {
        worker,
        signal: context.cancellationSignal,
        startedAt,
        say(text) {
          const isNews = seeing !== text;
          seeing = text;
          if (isNews) beat();
        },
        markedAt: (what) => marks?.[what],
        mark(what) {
          marks = { ...marks, [what]: Date.now() };
          beat();
        },
        remainingMs,
        until: (look, patience) => until(leaving, look, { ...patience, limitMs: remainingMs(patience.limitMs) }),
        lookAndAct: (look, act, limitMs = Infinity) =>
          lookAndAct(context, details, look, act, Math.min(lookForMs, remainingMs(limitMs))),
      };
      return await body(attempt, input);
    } catch (error) {
      context.cancellationSignal.throwIfAborted();
      const known = toTemporal(error);
      if (known !== undefined) throw known;
      unexpected++;
      beat(); // the next attempt goes on counting
      throw toTemporalUnexpected(error, unexpected >= attemptsAtTheUnexpected);
    } finally {
      clearInterval(timer);
    }
  };
}

async function lookAndAct<S, T>(
  context: Context,
  details: () => HeartbeatDetails,
  look: () => Promise<S>,
  act: (seen: S) => Promise<T>,
  forMs: number,
): Promise<T> {
  const endsAt = Date.now() + forMs;
  for (;;) {
    const lookedAt = Date.now();
    const seen = await patiently(context.cancellationSignal, look, endsAt - Date.now());
    await assertStillCounts(context, details());
    if (Date.now() - lookedAt < freshForMs) return act(seen);
    if (Date.now() > endsAt) {
      throw new Failure(
        'NotYet',
        `A look took longer than ${freshForMs / 1000} s each time: too old to act on. Nothing was sent.`,
      );
    }
  }
}

/**
 * A heartbeat that waits for the server's answer, which an attempt that was superseded,
 * cancelled or ended does not get.
 */
async function assertStillCounts(context: Context, details: HeartbeatDetails): Promise<void> {
  context.cancellationSignal.throwIfAborted();
  try {
    await context.client.activity.heartbeat(context.info.taskToken, details);
  } catch (error) {
    if (error instanceof ActivityNotFoundError || error instanceof ActivityCancelledError) {
      throw new CancelledFailure('this attempt does not count any more', [], error);
    }
    throw error;
  }
  context.cancellationSignal.throwIfAborted();
}

/** Ours are final: they open a gate. */
function toTemporal(error: unknown): Error | undefined {
  if (error instanceof CancelledFailure) return error;
  if (error instanceof WorkerStops) {
    // The pauses between retries grow, and are for what fails by itself.
    return ApplicationFailure.create({ type: error.name, message: error.message, nextRetryDelay: '100ms' });
  }
  if (error instanceof KubernetesError) return toTemporal(new Failure('KubernetesUnavailable', error.message));
  if (error instanceof Failure) {
    return ApplicationFailure.create({
      type: error.type,
      message: redact(error.message),
      nonRetryable: true,
      details: error.details === undefined ? [] : [error.details],
    });
  }
  return undefined;
}

/** It may be a passing fault, and is tried a few times before it is final. */
function toTemporalUnexpected(error: unknown, isFinal: boolean): ApplicationFailure {
  const message = error instanceof Error ? error.message : String(error);
  return ApplicationFailure.create({
    type: error instanceof Error ? error.name : 'Unknown',
    message: redact(message).slice(0, 1024),
    nonRetryable: isFinal,
  });
}
