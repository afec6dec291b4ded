import type { History } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { attributesOf } from './history-files.ts';
import type { RecordedHistory } from './history-files.ts';

/** A history that the workflows as they are now would not go on from. */
export interface Refusal {
  readonly history: RecordedHistory;
  /** As Temporal's SDK says it, without what is the same for all. */
  readonly reason: string;
}

/** Replays histories by workflows that are bundled, and resolves with those that are refused. */
export async function replay(
  workflowBundle: WorkflowBundleOption,
  all: readonly RecordedHistory[],
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  const pushed = all.map(({ events }) => ({
    workflowId: workflowIdIn(events),
    history: { events } as unknown as History, // in its JSON form, which the SDK reads as well
  }));
  let index = 0; // one result each, in the order of the histories: several may be of the same workflow id
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, pushed)) {
    const history = all[index++];
    if (history && error) refusals.push({ history, reason: reasonIn(error.message) });
  }
  if (index !== all.length) throw new Error(`${index} of ${all.length} histories were replayed`);
  return refusals;
}

/**
 * What a developer reads when a change breaks runs that are under way: which histories, at which event, and what to do.
 */
export function explainRefusals(refusals: readonly Refusal[], outOf: number): string {
  if (refusals.length === 0) return '';
  const reasons = [...new Set(refusals.map(({ reason }) => withoutNumbers(reason)))];
  const lines = reasons.flatMap((reason) => [
    `  ${reason}`,
    ...refusals
      .filter((refusal) => withoutNumbers(refusal.reason) === reason)
      .map((refusal) => `    test/histories/${refusal.history.name}.json${placeOf(refusal)}`),
  ]);
  return [
    `${refusals.length} of ${outOf} recorded histories are refused by the workflows as they are now. A run that an earlier version began ` +
      'would stand still there when its worker is replaced by one with this change:',
    ...lines,
    "Let old runs do what they did, in the same order, and put what is new behind patched('…'): see docs/changing-workflows.md.",
  ].join('\n');
}

function workflowIdIn([first]: RecordedHistory['events']): string {
  return String(first && attributesOf(first, 'workflowExecutionStarted')?.['workflowId']);
}

/** The SDK wraps it in what its core prints for debugging. */
function reasonIn(message: string): string {
  const [, inner] = /message: "((?:[^"\\]|\\.)*)"/.exec(message) ?? [];
  return inner === undefined ? message : inner.replaceAll('\\"', '"');
}

function withoutNumbers(reason: string): string {
  return reason.replace(/HistoryEvent\(id: \d+, (\w+)\)/g, '$1');
}

/** The SDK names an event by its number, or only what was done in it: that may have been done more than once. */
function placeOf({ history, reason }: Refusal): string {
  const [, id] = /HistoryEvent\(id: (\d+)/.exec(reason) ?? [];
  if (id !== undefined) return `, event ${id}`;
  const [, activity] = /scheduled event '([^']+)'/.exec(reason) ?? [];
  const candidates = history.events.filter((event) => {
    const type = attributesOf(event, 'activityTaskScheduled')?.['activityType'] as
      { readonly name: string } | undefined;
    return type !== undefined && type.name === activity;
  });
  return candidates.length === 0 ? '' : `, event ${candidates.map(({ eventId }) => eventId).join(' or ')}`;
}
