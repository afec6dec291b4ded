import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeReset } from '../../../src/activities/machine/judge-reset.ts';
import type { PlannedReset, ResetVerdict, SeenOfReset } from '../../../src/activities/machine/judge-reset.ts';
import type { NodeCondition } from '../../../src/run/node-condition.ts';

const running = (...sets: string[]): NodeCondition => ({ kind: 'running', sets });
const maintenance: NodeCondition = { kind: 'maintenance', fingerprint: 'f' };
const unreachable: NodeCondition = { kind: 'unreachable', reason: 'timed out' };
const foreign: NodeCondition = { kind: 'foreign' };

const withNew: PlannedReset = {
  node: { name: 'pi-12', reset: 'wipe', runsUnder: 'old' },
  from: 'old',
  to: 'new',
};
/** Whose sets share their CA: the condition says so. */
const withKept = withNew;
const notToBeWiped: PlannedReset = { node: { name: 'pi-12', reset: 'none' }, to: 'new' };

type Row = readonly [PlannedReset, NodeCondition, SeenOfReset['reset'], boolean, ResetVerdict['kind'] | RegExp];

const came = /^pi-12: came back running under set old instead of in maintenance mode/;
const wiped = /^pi-12: was seen in maintenance mode since this run began, .* Nothing was sent to it/;
const unplanned = /^pi-12: planned .*, but it is .*\. Nothing was sent to it/;

const promises: Readonly<Record<string, readonly Row[]>> = {
  'one that runs under the planned old set and got no reset is reset': [
    [withNew, running('old'), 'none', false, 'send'],
    [withKept, running('old', 'new'), 'none', false, 'send'],
  ],
  'one that was wiped before is never wiped again': [
    [withNew, maintenance, 'none', false, 'done'],
    [withNew, maintenance, 'came back', false, 'done'],
    [withNew, running('new'), 'none', false, 'done'],
    [withNew, running('new'), 'under way', true, 'done'],
    [withKept, running('old', 'new'), 'none', true, 'done'],
    [withKept, running('old', 'new'), 'came back', true, 'done'],
  ],
  'one that does not answer is waited for': [
    [withNew, unreachable, 'none', false, 'wait'],
    [withKept, unreachable, 'under way', true, 'wait'],
  ],
  'one whose reset is under way gets no second one': [
    [withNew, running('old'), 'under way', false, 'wait'],
    [withKept, running('old', 'new'), 'under way', false, 'wait'],
    [withNew, foreign, 'under way', false, 'wait'],
  ],
  'one that comes back with its old configuration is shown to a person': [
    [withNew, running('old'), 'came back', false, came],
    [withKept, running('old'), 'came back', false, came],
  ],
  'any other than the planned one is refused': [
    [withNew, running('older'), 'none', false, unplanned],
    [withNew, foreign, 'none', false, unplanned],
    [notToBeWiped, running('old'), 'none', false, unplanned],
    [notToBeWiped, running('old', 'new'), 'none', false, unplanned],
    [withKept, running('older'), 'none', true, wiped],
    [withNew, running('old'), 'none', true, wiped],
    [{ ...withNew, node: { ...withNew.node, reset: 'none' } }, running('old'), 'none', false, unplanned],
  ],
};

describe('of the machines that are to be reset', () => {
  for (const [promise, rows] of Object.entries(promises)) {
    test(promise, () => {
      for (const [planned, condition, reset, wasWiped, expected] of rows) {
        const verdict = judgeReset(planned, { condition, wasWiped, reset });
        const situation = JSON.stringify({ condition, reset, wasWiped, planned });
        if (typeof expected === 'string') assert.equal(verdict.kind, expected, situation);
        else assert.match(verdict.kind === 'refuse' ? verdict.reason.message : verdict.kind, expected, situation);
      }
    });
  }
});
