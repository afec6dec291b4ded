import type { Client } from '@temporalio/client';
import type { Outcome, Progress } from '../../run/progress.ts';
import { type RunBooks, booksOf } from './read-run.ts';

export interface ListedRun extends RunBooks {
  readonly cluster: string;
  /** Known once it has ended. */
  readonly operation?: Progress['operation'];
  readonly outcome?: Outcome;
}

/** The newest runs of all clusters. Needs no worker: outcomes are in the results that the server keeps. */
export async function listRuns(client: Client, limit: number): Promise<ListedRun[]> {
  const runs: ListedRun[] = [];
  for await (const info of client.workflow.list({ query: "WorkflowType = 'rebuildCluster'", pageSize: limit })) {
    const books = booksOf(info);
    runs.push({
      ...books,
      cluster: books.cluster ?? books.workflowId.replace(/^talos\//, ''),
      ...(books.status === 'COMPLETED' ? await resultOf(client, books) : {}),
    });
    if (runs.length === limit) break;
  }
  return runs.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
}

async function resultOf(client: Client, { workflowId, runId }: RunBooks): Promise<Partial<ListedRun>> {
  const { operation, outcome } = (await client.workflow
    .getHandle(workflowId, runId, { followRuns: false })
    .result()) as Progress;
  return { operation, ...(outcome === undefined ? {} : { outcome }) };
}
