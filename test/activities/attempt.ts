import assert from 'node:assert/strict';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Client } from '@temporalio/client';
import type { HeartbeatDetails } from '../../src/activities/attempt/attempt.ts';
import type { FailureType } from '../../src/run/failure.ts';

/** What stands around an attempt at an activity. */
export interface AttemptOptions {
  /** The attempt before, which this one follows. */
  readonly after?: BegunAttempt<unknown>;
  /** Temporal's id of the workflow run. */
  readonly workflowRunId?: string;
  /**
   * Called with each heartbeat that waits for the server's answer: after the last look, right before something is sent.
   * Whatever it throws is the server's answer.
   */
  readonly beforeActing?: () => unknown;
  /** Called with everything that Temporal is told, as text. */
  readonly onTold?: (what: string) => void;
}

/** One attempt at an activity, as a worker makes it, seen from outside. */
export interface BegunAttempt<Result> {
  readonly number: number;
  readonly result: Promise<Result>;
  readonly heartbeats: readonly HeartbeatDetails[];
  /** The worker goes away in the middle; resolves when nothing of the attempt is left. */
  end(): Promise<void>;
}

/**
 * Makes an attempt at an activity, without a Temporal server: heartbeats are kept, and those that
 * wait for an answer get one.
 */
export function attempt<Input, Result>(
  activity: (input: Input) => Promise<Result>,
  input: Input,
  { after, workflowRunId, beforeActing, onTold }: AttemptOptions = {},
): BegunAttempt<Result> {
  const heartbeats: HeartbeatDetails[] = [];
  const hear = (details: HeartbeatDetails): void => {
    heartbeats.push(details);
    onTold?.(JSON.stringify(details));
  };
  const client = {
    activity: {
      heartbeat: async (_token: Uint8Array, details: HeartbeatDetails) => {
        hear(details);
        await beforeActing?.();
      },
    },
    withAbortSignal: <T>(_signal: AbortSignal, work: () => Promise<T>) => work(),
  };
  const number = (after?.number ?? 0) + 1;
  const environment = new MockActivityEnvironment(
    {
      attempt: number,
      heartbeatDetails: after?.heartbeats.at(-1),
      ...(workflowRunId === undefined ? {} : { workflowExecution: { workflowId: 'talos/test', runId: workflowRunId } }),
    },
    { client: client as unknown as Client, logger: silent },
  );
  environment.on('heartbeat', hear);
  const result = environment.run<[Input], Result, (input: Input) => Promise<Result>>(activity, input);
  result.then(
    (value) => onTold?.(JSON.stringify(value) ?? ''),
    (error: unknown) => onTold?.(describeError(error)), // what waits for the attempt sees it too
  );
  return {
    number,
    result,
    heartbeats,
    async end() {
      environment.cancel('WORKER_SHUTDOWN');
      await assert.rejects(result, CancelledFailure);
    },
  };
}

/**
 * For `assert.rejects`: one of our failures, of this type, with a message like this, which no
 * retry of the server can mend.
 */
export function isFailure(type: FailureType, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ApplicationFailure, `not a failure of an activity: ${String(error)}`);
    assert.equal(error.type, type, error.message);
    assert.match(error.message, message);
    return true;
  };
}

/** All of a failure that goes to Temporal. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { details } = error as { details?: unknown };
  const cause = error.cause === undefined ? '' : describeError(error.cause);
  return [error.message, error.stack, JSON.stringify(details), cause].join('\n');
}

const ignore = (): void => undefined;
const silent = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
