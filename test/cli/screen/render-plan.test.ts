import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderPlan } from '../../../src/cli/screen/render-plan.ts';
import { digest, plan, view } from '../sample-run.ts';

test('a plan opens with what is lost, then the machines, and ends with the digest', () => {
  const lines = renderPlan(plan, { findings: [], folder: '/secrets/runs/1' }, view);
  const lost = lines.findIndex((line) => line === 'What you lose');
  assert.match(lines[lost + 1] ?? '', /Everything in etcd is lost/);
  assert.ok(lost < lines.indexOf('The machines'));
  assert.ok(lines.indexOf('The machines') < lines.indexOf('Order'));
  assert.equal(lines.at(-1), `Digest  ${digest}`);
});

test('a plan that goes on from a run that did not end says so before all else', () => {
  const goesOn = [
    'Goes on from run 1, which did not end; was sent its reset: pi-11.',
    'The secrets stay those of set 2026-11-22.',
  ];
  const lines = renderPlan({ ...plan, goesOn }, { findings: [] }, view);
  const [, , title, ...rest] = lines;
  assert.equal(title, 'What went before');
  assert.deepEqual(
    rest.slice(0, 2),
    goesOn.map((line) => `  - ${line}`),
  );
  assert.ok(!renderPlan(plan, { findings: [] }, view).includes('What went before'));
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

test('a plan shows what is set today and not afterwards, with the way to keep it or to give it up', () => {
  const shown = renderPlan(plan, { findings: [] }, view).join('\n');
  assert.match(shown, /! all 2 machines: machine\.sysctls\.vm\.swappiness: 1\n/);
  assert.match(shown, /--write-patches DIR.*`dropped:`/);
});

test('a plan for fifty machines counts those that are alike and shows by itself the one with a disk more', () => {
  const machines = Array.from({ length: 50 }, (_, at) => ({
    name: `w-${at + 1}`,
    role: 'worker' as const,
    address: `10.0.0.${at + 1}`,
    scope: 'wiped' as const,
    sentence: at === 7 ? 'STATE and EPHEMERAL are wiped; the 1 TB USB disk stays' : 'STATE and EPHEMERAL are wiped',
    isSpecial: at === 7,
    volumes: [],
  }));
  const lines = renderPlan({ ...plan, losses: { ...plan.losses, machines } }, { findings: [] }, view);
  const shown = lines.slice(lines.indexOf('The machines'), lines.indexOf('Set today, not set afterwards')).join('\n');
  assert.match(shown, /49 workers, STATE and EPHEMERAL are wiped; META and EFI stay: w-1, w-2/);
  assert.match(shown, /w-8 \(worker, 10\.0\.0\.8\): .*USB disk stays/);
});
