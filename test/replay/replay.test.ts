import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { installRuntime } from '../../src/temporal/runtime.ts';
import { workflowBundle } from '../../src/temporal/workflow-bundle.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { attributesOf, readHistories, recordedPaths, textOf } from './history-files.ts';
import type { HistoryEvent, RecordedHistory } from './history-files.ts';
import { paths } from './paths.ts';
import { explainRefusals, replay } from './replay.ts';
import { bundleVariant } from './variant.ts';

let histories: readonly RecordedHistory[];

before(async () => {
  installRuntime(() => undefined); // what is refused is said below
  histories = (await Promise.all((await recordedPaths()).map(readHistories))).flat();
});

describe('a run that an earlier version began', () => {
  test('goes on under this version, whichever path it takes', async () => {
    const refusals = await replay(await workflowBundle(), histories);
    if (refusals.length > 0) fail(explainRefusals(refusals, histories.length));
  });

  test('has its history here, with that of each machine, whichever path it takes', async () => {
    const recorded = await recordedPaths();
    const missing = paths.map(({ name }) => name).filter((name) => !recorded.includes(name));
    assert.ok(missing.length === 0, `no history of ${missing.join(', ')}; record it with: npm run record-histories`);
    const runs = new Set(histories.map(({ events: [first] }) => runIdIn(first)));
    for (const { name, events } of histories)
      for (const child of childRunIdsIn(events)) assert.ok(runs.has(child), `${name} has a machine without a history`);
  });

  test('shows in its history that it took the path by whose name it is kept', async () => {
    for (const { name, mark } of paths) {
      assert.ok(
        (await readHistories(name)).some(({ events }) => textOf(events).includes(mark)),
        `${name}: ${mark}`,
      );
    }
  });
});

describe('a change to a workflow', () => {
  let some: readonly RecordedHistory[];
  before(() => {
    some = histories.filter(({ name }) => /^(rebuilt|rejected)\//.test(name));
  });

  test('is refused when two steps change places or one is added, in words that say where and what to do', async (t) => {
    const code = await bundleVariant(await temporaryFolder(t), [
      { file: 'consent.ts', from: /(await work\(\);)\s+(await confirm\(\);)/, to: '$2\n$1' },
      { file: 'rebuild-node.ts', from: /await told;/, to: `$&\n${oneMore}` },
    ]);
    const refusals = await replay({ code }, some);
    const refused = refusals.map(({ history }) => history.name);
    assert.ok(!refused.includes('rejected/cluster'), 'it ended before these steps');
    assert.ok(refused.includes('rebuilt/w-1'));
    const words = explainRefusals(refusals, some.length);
    assert.match(
      words,
      /'backUp' does not match .*'confirmApproval'\n(.*\n)* {4}test\/histories\/rebuilt\/cluster\.json, event \d+\n/,
    );
    assert.match(words, /patched\('…'\): see docs\/changing-workflows\.md/);
  });

  test('is accepted when the added step is behind patched(), and when it changes words that only people read', async (t) => {
    const code = await bundleVariant(await temporaryFolder(t), [
      { file: 'rebuild-node.ts', from: / {2}condition,\n/, to: '$&  patched,\n' },
      { file: 'rebuild-node.ts', from: /await told;/, to: `$&\nif (patched('one-more-look')) ${oneMore}` },
      { file: 'rebuild-node.ts', from: /`Wait until /, to: '`See that ' },
      { file: 'rebuild-node.ts', from: /show\('taking /, to: "show('now taking " },
    ]);
    assert.deepEqual(await replay({ code }, some), []);
  });
});

describe('what Temporal keeps of a rebuild', () => {
  test('stays far below 1,000 events for four machines', async () => {
    const counts = (await readHistories('rebuilt')).map(({ events }) => events.length);
    assert.equal(counts.length, 5, 'the cluster and four machines');
    assert.ok(Math.max(...counts) < 500, `${counts.join(', ')} events`);
  });

  test('has timers only where a person has a deadline and at the very end: nothing is polled by timers', () => {
    const timers = histories.flatMap(({ name, events }) =>
      events
        .filter((event) => attributesOf(event, 'timerStarted'))
        .map((event) => `${name}: ${textOf(event['userMetadata'])}`),
    );
    const allowed = /Waiting for a person: |Evidence is being collected|The last messages are on their way/;
    assert.deepEqual(
      timers.filter((timer) => !allowed.test(timer)),
      [],
    );
    assert.equal(timers.filter((timer) => timer.startsWith('rebuilt/')).length, 1, 'one approval, one timer');
  });

  test('is recorded without what tells on which machine, and without a key', () => {
    for (const { name, events } of histories) {
      const text = textOf(events);
      assert.doesNotMatch(text, /-----BEGIN|LS0tLS1CRUdJT/, name);
      assert.doesNotMatch(text, /\/tmp\/|\/home\/(?!somebody)|\/root\//, name);
    }
  });
});

const oneMore = "await doing('One more look').awaitNewCluster(build);";

function runIdIn(first: HistoryEvent | undefined): string {
  return String(first && attributesOf(first, 'workflowExecutionStarted')?.['originalExecutionRunId']);
}

function childRunIdsIn(events: readonly HistoryEvent[]): string[] {
  return events
    .map((event) => attributesOf(event, 'childWorkflowExecutionStarted')?.['workflowExecution'])
    .filter((execution) => execution !== undefined)
    .map((execution) => (execution as { readonly runId: string }).runId);
}

/** Where in this file it was found helps nobody. */
function fail(message: string): never {
  const error = new assert.AssertionError({ message });
  error.stack = message;
  throw error;
}
