import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderPlan } from '../../../src/cli/screen/render-plan.ts';
import { digest, plan, view } from '../sample-run.ts';

test('a plan opens with what is lost and ends with the digest', () => {
  const lines = renderPlan(plan, { findings: [], folder: '/secrets/runs/1' }, view);
  const lost = lines.findIndex((line) => line.startsWith('What is lost'));
  assert.match(lines[lost + 1] ?? '', /Everything in etcd is lost/);
  assert.ok(lost < lines.indexOf('Order'));
  assert.equal(lines.at(-1), `Digest  ${digest}`);
});

test('a plan names the canary, the order, the point of no return and where the differences are', () => {
  const shown = renderPlan(plan, { findings: [], folder: '/secrets/runs/1' }, view).join('\n');
  assert.match(shown, /canary +pi-14/);
  assert.match(shown, /then control planes +pi-11/);
  assert.match(shown, /point of no return +The reset of the control planes \(pi-11\)/);
  assert.match(shown, /pi-11 +\/secrets\/runs\/1\/diffs\/pi-11\.diff/);
});

test('a plan shows warnings with their remedy', () => {
  const findings = [{ severity: 'warning' as const, node: 'pi-11', seen: 'no RTC', remedy: 'wait' }];
  assert.match(renderPlan(plan, { findings }, view).join('\n'), /! warning +pi-11: no RTC → wait/);
});
