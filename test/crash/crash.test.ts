import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CleanUp } from '../../demo/clean-up.ts';
import type { JournalEntry } from '../../simulator/src/lab.ts';
import { keyOf } from './blow.ts';
import { drawPlan } from './random.ts';
import { shortForm } from './short.ts';
import { dealAll } from './suite.ts';
import type { SuiteResult } from './suite.ts';
import { isFine, renderResult } from './table.ts';
import { openTheatre } from './theatre.ts';
import { violations } from './verdict.ts';

const machines = ['cp-1', 'cp-2', 'cp-3', 'w-1'];

describe('a rebuild whose worker and server are killed and frozen', { timeout: 600_000 }, () => {
  let result: SuiteResult;

  test('goes on each time and ends well, and nothing is done twice', async (t) => {
    const cleanUp = new CleanUp();
    t.after(() => cleanUp.run());
    const theatre = await openTheatre(cleanUp);
    const audience = { signal: t.signal, report: (line: string) => t.diagnostic(line) };
    result = await dealAll(theatre, audience, shortForm);
    const table = renderResult(result).join('\n');
    t.diagnostic(`\n${table}`);
    assert.ok(isFine(result), table);
    assert.deepEqual(
      result.rounds.flatMap(({ dealt }) => dealt.map(keyOf)).toSorted(),
      shortForm.map(keyOf).toSorted(),
    );
  });

  test('would be seen to do something twice, to the wrong machine, or not at all', () => {
    const [round] = result.rounds;
    assert.ok(round?.progress);
    const { journal, progress } = round;
    const judge = (entries: readonly JournalEntry[]): string => violations(entries, machines, progress).join('; ');
    assert.equal(judge(journal), '');
    const planted: readonly [JournalEntry, RegExp][] = [
      [effect('cp-2', 'wiped'), /cp-2 was wiped 2 times, not 1/],
      [effect('w-1', 'applied'), /w-1 was configured 2 times, not 1/],
      [effect('cp-1', 'bootstrapped'), /bootstrapped 2 times, not 1/],
      [effect('cp-3', 'rebooted'), /cp-3 was rebooted \d times/],
      [effect('cp-1', 'wiped-disk'), /wiped-disk: cp-1/],
    ];
    for (const [entry, expected] of planted) assert.match(judge([...journal, entry]), expected);
    const isReset = (one: JournalEntry): boolean => one.kind === 'effect' && one.effect === 'wiped';
    assert.match(judge(journal.filter((one) => !isReset(one))), /w-1 was wiped 0 times/);
    const asked = machines.map((machine): JournalEntry => {
      const [method, role] = ['MachineService/Bootstrap', 'os:admin'];
      return { at: 0, machine, kind: 'request', method, role, args: {} };
    });
    assert.match(judge([...journal, ...asked]), /more than one control plane was asked to bootstrap/);
    assert.match(violations(journal, machines, { ...progress, outcome: 'aborted' }).join(), /the outcome is aborted/);
  });

  test('would be seen to have been left alone at a point', () => {
    const [point] = result.points;
    assert.ok(point);
    const missed = { ...result, unhit: [{ point, action: 'kill worker' as const }] };
    assert.equal(isFine(missed), false);
    assert.ok(renderResult(missed).includes(`NOT HIT: kill worker ${point.id}`));
  });
});

describe('the random mode', () => {
  test('plans the same for the same seed, and something else for another', () => {
    assert.deepEqual(drawPlan(7), drawPlan(7));
    assert.notDeepEqual(drawPlan(7), drawPlan(8));
  });
});

function effect(machine: string, what: Extract<JournalEntry, { kind: 'effect' }>['effect']): JournalEntry {
  return { at: 0, machine, kind: 'effect', effect: what, details: {} };
}
