import type { Client } from '@temporalio/client';
import type { Progress } from '../../run/progress.ts';
import { runbooks } from '../../run/operations.ts';
import type { Outcome } from '../../run/outcomes.ts';
import { type RunBooks, booksOf } from './read-run.ts';

export interface ListedRun extends RunBooks {
  readonly cluster: string;
  /** Known once it has ended. */
  readonly operation?: Progress['operation'];
  readonly onlyPlan?: boolean;
  readonly outcome?: Outcome;
}

/** The newest runs of all clusters. Needs no worker: outcomes are in the results that the server keeps. */
export async function listRuns(client: Client, limit: number): Promise<ListedRun[]> {
  const query = `WorkflowType IN (${runbooks.map((name) => `'${name}'`).join(', ')})`;
  const runs: ListedRun[] = [];
  for await (const info of client.workflow.list({ query, pageSize: limit })) {
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
  const { operation, onlyPlan, outcome } = (await client.workflow
    .getHandle(workflowId, runId, { followRuns: false })
    .result()) as Progress;
  return { operation, onlyPlan, ...(outcome === undefined ? {} : { outcome }) };
}
