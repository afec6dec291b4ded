import {
  type Client,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Progress } from '../../run/progress.ts';
import { workflowIdOf } from '../../run/request.ts';
import { progressQuery } from '../../workflows/messages.ts';
import type { PendingStep } from '../screen/pending-step.ts';
import { UserError } from '../user-error.ts';
import { recallRun, rememberRun } from './last-seen.ts';
import { readPendingSteps } from './pending-steps.ts';
import { readTaskFailures } from './task-failures.ts';
import type { TaskFailures } from './task-failures.ts';
import { isWorkerAway } from './temporal-errors.ts';

/** One look at a run. */
export type RunLook =
  /** A worker told all, or the run has ended and its result tells all. */
  | {
      readonly kind: 'seen';
      readonly progress: Progress;
      readonly steps: readonly PendingStep[];
      /** Nothing more will happen. */
      readonly isClosed: boolean;
    }
  /**
   * A worker is there and its code fails again and again, or no worker answers: what the server itself knows, and
   * what was seen last from here.
   */
  | {
      readonly kind: 'no worker';
      readonly books: RunBooks;
      readonly steps: readonly PendingStep[];
      readonly lastSeen: Progress | undefined;
      readonly taskFailures?: TaskFailures;
    }
  /** It ended without a result: terminated by a person, or by a defect of ours. */
  | {
      readonly kind: 'broken';
      readonly books: RunBooks;
      readonly reason: string;
      readonly lastSeen: Progress | undefined;
    };

/** What Temporal's own books have of a run. */
export interface RunBooks {
  readonly workflowId: string;
  readonly runId: string;
  readonly taskQueue: string;
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** From the search attributes. */
  readonly cluster?: string;
  readonly phase?: string;
  readonly needsPerson: boolean;
}

/** How long a worker may take to answer, in ms: it answers in milliseconds, or it is not there. */
const answerWithinMs = 4_000;

/**
 * Looks at the newest run on a cluster, or at the one that is named. Rejects when there is none, or the server is away.
 */
export async function readRun(client: Client, cluster: string, runId?: string): Promise<RunLook> {
  const handle = client.workflow.getHandle(workflowIdOf(cluster), runId, { followRuns: false });
  const description = await describeRun(handle.describe.bind(handle), cluster);
  const books = booksOf(description);
  const pinned = client.workflow.getHandle(books.workflowId, books.runId, { followRuns: false });
  if (books.status !== 'RUNNING' && books.status !== 'PAUSED') {
    try {
      if (books.status !== 'COMPLETED') throw new WorkflowFailedError('ended', undefined, 'NON_RETRYABLE_FAILURE');
      return { kind: 'seen', progress: (await pinned.result()) as Progress, steps: [], isClosed: true };
    } catch (error) {
      if (!(error instanceof WorkflowFailedError)) throw error;
      const reason = await whyBroken(pinned.result.bind(pinned), books);
      return { kind: 'broken', books, reason, lastSeen: await recallRun(books) };
    }
  }
  const taskFailures = await readTaskFailures(client, description);
  try {
    if (taskFailures !== undefined) return await unanswered({ taskFailures }); // a query would never be answered
    const progress = await client.withDeadline(Date.now() + answerWithinMs, () => pinned.query(progressQuery));
    await rememberRun(progress);
    const steps = await readPendingSteps(client, description, cluster, progress.nodes);
    return { kind: 'seen', progress, steps, isClosed: false };
  } catch (error) {
    if (!isWorkerAway(error)) throw error;
    return unanswered();
  }

  async function unanswered(more: { taskFailures?: TaskFailures } = {}): Promise<RunLook> {
    const lastSeen = await recallRun(books);
    const steps = await readPendingSteps(client, description, cluster, lastSeen?.nodes ?? []);
    return { kind: 'no worker', books, steps, lastSeen, ...more };
  }
}

async function describeRun(
  describe: () => Promise<WorkflowExecutionDescription>,
  cluster: string,
): Promise<WorkflowExecutionDescription> {
  try {
    return await describe();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new UserError(`There is no run on ${cluster}, and none was in the time that the server remembers.`, {
      details: [
        '`talos-rebuild list` shows the runs of all clusters; `talos-rebuild start` begins one, or goes on from one that was lost.',
      ],
      cause: error,
    });
  }
}

export function booksOf(
  info: Pick<
    WorkflowExecutionDescription,
    'workflowId' | 'runId' | 'taskQueue' | 'status' | 'startTime' | 'closeTime' | 'searchAttributes'
  >,
): RunBooks {
  const [cluster] = info.searchAttributes['TalosCluster'] ?? [];
  const [phase] = info.searchAttributes['TalosPhase'] ?? [];
  const [needsPerson] = info.searchAttributes['TalosNeedsPerson'] ?? [];
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    taskQueue: info.taskQueue,
    status: info.status.name,
    startedAt: info.startTime.toISOString(),
    ...(info.closeTime === undefined ? {} : { endedAt: info.closeTime.toISOString() }),
    ...(cluster === undefined ? {} : { cluster: String(cluster) }),
    ...(phase === undefined ? {} : { phase: String(phase) }),
    needsPerson: needsPerson === true && info.closeTime === undefined,
  };
}

async function whyBroken(result: () => Promise<unknown>, books: RunBooks): Promise<string> {
  try {
    await result();
    return 'it ended without a reason';
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    switch (books.status) {
      case 'TERMINATED':
        return `it was terminated from outside (${cause}); the machines stay as they are`;
      case 'FAILED':
        return `a defect of talos-rebuild: ${cause}`;
      default:
        return `${books.status.toLowerCase()}: ${cause}`;
    }
  }
}
