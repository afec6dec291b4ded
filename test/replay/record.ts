import assert from 'node:assert/strict';
import path from 'node:path';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { workflowIdOf } from '../../src/run/request.ts';
import { leaksIn, secretsBelow } from '../activities/leaks.ts';
import { rehearse } from '../rebuild/rehearsal.ts';
import type { Rehearsal } from '../rebuild/rehearsal.ts';
import type { HistoryEvent, RecordedHistory } from './history-files.ts';
import { attributesOf, textOf } from './history-files.ts';
import type { RecordedPath } from './recorded-path.ts';
import { scrub } from './scrub.ts';

/**
 * Takes a path and resolves with the histories of the cluster's runs and of the machines' in them. Nothing is written.
 */
export async function record({ name, mark, options, take }: RecordedPath): Promise<RecordedHistory[]> {
  const undo: (() => unknown)[] = [];
  try {
    const rehearsal = await rehearse({ after: (step) => void undo.push(step as () => unknown) }, options);
    const runs = await take(rehearsal);
    const folder = path.dirname(rehearsal.clusterFile);
    const named = new Map<string, number>();
    const keep = (short: string, events: readonly HistoryEvent[]): RecordedHistory => {
      const times = (named.get(short) ?? 0) + 1;
      named.set(short, times);
      return { name: `${name}/${short}${times > 1 ? `.${times}` : ''}`, events: scrub(events, folder) };
    };
    const histories: RecordedHistory[] = [];
    for (const runId of runs) {
      const events = await fetchHistory(rehearsal, workflowIdOf(rehearsal.cluster), runId);
      histories.push(keep('cluster', events));
      for (const child of childrenIn(events)) {
        histories.push(
          keep(path.basename(child.workflowId), await fetchHistory(rehearsal, child.workflowId, child.runId)),
        );
      }
    }
    assert.ok(
      histories.some(({ events }) => textOf(events).includes(mark)),
      `${name} was not taken: ${mark} is nowhere`,
    );
    await assertNoSecretIn(histories, rehearsal.folder.path);
    return histories;
  } finally {
    for (const step of undo.toReversed()) await step();
  }
}

/** All secrets that there were while it was recorded are looked for, in each form in which they could be there. */
async function assertNoSecretIn(histories: readonly RecordedHistory[], folder: string): Promise<void> {
  const secrets = await secretsBelow(folder);
  assert.ok(secrets.length > 15, `${secrets.length} secrets to look for`);
  for (const { name, events } of histories) assert.deepEqual(leaksIn(textOf(events), secrets), [], name);
  const [first] = secrets.flatMap(({ fragments }) => fragments);
  assert.notDeepEqual(leaksIn(`{"error":"${first}"}`, secrets), [], 'the search would find one');
}

async function fetchHistory({ client }: Rehearsal, workflowId: string, runId: string): Promise<HistoryEvent[]> {
  const history: History = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return (JSON.parse(historyToJSON(history)) as { events: HistoryEvent[] }).events;
}

interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

/** The workflows that a run has started, in the order in which they began. */
function childrenIn(events: readonly HistoryEvent[]): Execution[] {
  return events
    .map((event) => attributesOf(event, 'childWorkflowExecutionStarted')?.['workflowExecution'])
    .filter((execution): execution is Execution => execution !== undefined);
}
