import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TypedSearchAttributes, defineSearchAttributeKey } from '@temporalio/common';
import { readFolderId } from '../../cluster/folder.ts';
import type { ClusterDefinition } from '../../run/cluster-definition.ts';
import { type RunRequest, taskQueueOf, workflowIdOf } from '../../run/request.ts';
import { operationOf } from '../../run/operations.ts';
import { type TemporalClient, uiUrl } from '../../temporal/connection.ts';
import { assertSearchAttributes } from '../../temporal/search-attributes.ts';
import { type Invocation, commandLine } from '../screen/view.ts';
import { UserError } from '../user-error.ts';
import { hasWorker } from './has-worker.ts';

export interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
  /** Its page in the Web UI. */
  readonly url: string;
}

/**
 * Starts a run after making sure that it can be carried out: a worker polls the folder's task queue, the server knows
 * our search attributes, nothing else runs on the cluster. `webUi` is where its page is, if not at the usual place.
 * Rejects with a `UserError` that says which of it is not so.
 */
export async function startRun(
  temporal: TemporalClient,
  definition: Pick<ClusterDefinition, 'name' | 'folder' | 'nodes'>,
  request: RunRequest,
  invocation: Invocation,
  webUi?: string,
): Promise<StartedRun> {
  const { client, namespace } = temporal;
  const taskQueue = await queueWithWorker(temporal, definition.folder, invocation);
  await assertSearchAttributes(client.connection, namespace);
  const workflowId = workflowIdOf(definition.name);
  const { workflow, title, noun } = operationOf(request.operation);
  try {
    const handle = await client.workflow.start(workflow, {
      workflowId,
      taskQueue,
      args: [request],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowTaskTimeout: '5s',
      staticSummary: `${request.onlyPlan ? `Plan the ${noun}` : title} of ${definition.name}, ${definition.nodes.length} machines`,
      staticDetails: `Asked for by ${request.requestedBy}, from ${request.clusterFile}.`,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: defineSearchAttributeKey('TalosCluster', 'KEYWORD'), value: definition.name },
        { key: defineSearchAttributeKey('TalosNeedsPerson', 'BOOL'), value: false },
      ]),
    });
    const runId = handle.firstExecutionRunId;
    return { workflowId, runId, url: uiUrl(workflowId, runId, { namespace, base: webUi }) };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const running = await client.workflow.getHandle(workflowId).describe();
    throw new UserError(`A run on ${definition.name} is under way already; nothing was started.`, {
      details: [
        `${running.runId}, since ${running.startTime.toISOString()}`,
        uiUrl(workflowId, running.runId, { namespace, base: webUi }),
        `Look at it with: ${commandLine(invocation, 'watch')}`,
      ],
      cause: error,
    });
  }
}

async function queueWithWorker(temporal: TemporalClient, folder: string, invocation: Invocation): Promise<string> {
  const folderId = await readFolderId(folder);
  if (folderId !== undefined && (await hasWorker(temporal, taskQueueOf(folderId)))) return taskQueueOf(folderId);
  throw new UserError(
    folderId === undefined
      ? `No worker has ever opened the cluster's folder ${folder} on this computer; nothing was started.`
      : `No worker is there for the cluster's folder ${folder}; nothing was started.`,
    {
      details: [
        `Start one in another terminal: ${commandLine(invocation, 'worker')}`,
        `or, with a Temporal server of its own: ${commandLine(invocation, 'dev')}`,
      ],
    },
  );
}
