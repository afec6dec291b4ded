import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { PayloadConverter } from '@temporalio/common';
import type { NodeProgress } from '../../run/progress.ts';
import { nodeWorkflowIdOf } from '../../run/request.ts';
import { readTaskFailures } from './task-failures.ts';
import type { PendingStep } from '../screen/pending-step.ts';

/** Temporal is asked about at most this many machines at a look. */
const atMost = 20;

/** The steps under way of a run and of its machines, from the server's books alone: no worker is needed. */
export async function readPendingSteps(
  client: Client,
  run: WorkflowExecutionDescription,
  cluster: string,
  nodes: readonly NodeProgress[],
): Promise<PendingStep[]> {
  const moving = nodes.filter(({ stage }) => stage !== 'waiting' && stage !== 'running' && stage !== 'failed');
  const ofMachines = await Promise.all(
    moving.slice(0, atMost).map(async ({ name }) => {
      try {
        const child = await client.workflow.getHandle(nodeWorkflowIdOf(cluster, name)).describe();
        const failing = await readTaskFailures(client, child);
        if (failing === undefined) return stepsOf(child, payloadConverterOf(client), name);
        const { attempt, message } = failing;
        return [
          {
            activity: 'its workflow’s code fails',
            attempt,
            node: name,
            seen: 'its workflow’s code fails',
            lastFailure: message,
          },
        ];
      } catch {
        return []; // the machine's workflow begins or has ended in this moment: there is no finer picture to add
      }
    }),
  );
  return [...stepsOf(run, payloadConverterOf(client)), ...ofMachines.flat()];
}

function payloadConverterOf(client: Client): PayloadConverter {
  return client.options.loadedDataConverter.payloadConverter;
}

function stepsOf({ raw }: WorkflowExecutionDescription, converter: PayloadConverter, node?: string): PendingStep[] {
  return (raw.pendingActivities ?? []).map((pending): PendingStep => {
    const [details] = pending.heartbeatDetails?.payloads ?? [];
    const seen = details ? seeingOf(converter.fromPayload(details), node) : undefined;
    const lastFailure = pending.lastFailure?.message;
    const next = pending.nextAttemptScheduleTime?.seconds;
    return {
      activity: pending.activityType?.name ?? 'step',
      attempt: pending.attempt ?? 1,
      ...(node === undefined ? {} : { node }),
      ...(seen === undefined ? {} : { seen }),
      ...(lastFailure ? { lastFailure } : {}),
      ...(next ? { nextAttemptAt: new Date(Number(next) * 1000).toISOString() } : {}),
    };
  });
}

/** What a step says it is doing; the machine's own name is beside it already. */
function seeingOf(details: unknown, node: string | undefined): string | undefined {
  const { seeing } = (details ?? {}) as { seeing?: unknown };
  if (typeof seeing !== 'string' || seeing === '') return undefined;
  return node !== undefined && seeing.startsWith(`${node}: `) ? seeing.slice(node.length + 2) : seeing;
}
