import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { widthOf } from '../../../src/cli/screen/layout.ts';
import { coloured } from '../../../src/cli/screen/paint.ts';
import { renderProgress } from '../../../src/cli/screen/render-progress.ts';
import { approvalGate, digest, failureGate, running, view } from '../sample-run.ts';

const text = (...args: Parameters<typeof renderProgress>): string => renderProgress(...args).join('\n');

describe('renderProgress', () => {
  test('shows every phase with its time beside what a person takes by hand', () => {
    const shown = text(running, [], view);
    assert.match(shown, /✔ Preflight +1 min/);
    assert.match(shown, /✔ Generate +1 min +by hand 5 min/);
    assert.match(shown, /▶ Plan +8 min +by hand 5 min +write down/);
    assert.match(shown, /· Failover drill +by hand 10 min/);
  });

  test('shows every machine with its stage, since when, and what its step sees', () => {
    const shown = text(
      running,
      [{ node: 'pi-11', activity: 'resetNode', attempt: 2, seen: 'unreachable (refused)', lastFailure: 'worker lost' }],
      view,
    );
    assert.match(
      shown,
      /pi-11 +control plane +192\.168\.1\.11 +resetting +30 s +unreachable \(refused\) · attempt 2 · last: worker lost/,
    );
    assert.match(shown, /pi-14 +worker +192\.168\.1\.14 +in maintenance mode +1 min/);
  });

  test('shows an approval with the whole digest and the exact line that approves it', () => {
    const shown = text({ ...running, gates: [approvalGate] }, [], view);
    assert.ok(shown.includes(digest));
    assert.ok(shown.includes('talos-rebuild approve --digest 0123456789ab --cluster home/cluster.yaml'));
  });

  test('shows a failure with what was seen, what to do and a line for each answer, never cut', () => {
    const lines = renderProgress({ ...running, gates: [failureGate] }, [], { ...view, width: 40 });
    const shown = lines.join('\n');
    assert.match(shown, /seen {5}pi-11: not in maintenance/);
    assert.match(shown, /do {7}Look at the machine/);
    assert.ok(
      lines.some((line) => line.endsWith('talos-rebuild answer reset/pi-11 retry --cluster home/cluster.yaml')),
    );
    assert.ok(
      lines.some((line) => line.endsWith('talos-rebuild answer reset/pi-11 abort --cluster home/cluster.yaml')),
    );
  });

  test('fits the width of the terminal, colours and all', () => {
    for (const line of renderProgress(running, [], { ...view, paint: coloured, width: 50 })) {
      assert.ok(widthOf(line) <= 50, line);
    }
  });

  test('says at the end how it ended and that the failover is proven', () => {
    const shown = text(
      {
        ...running,
        endedAt: '2026-11-22T12:09:00.000Z',
        outcome: 'rebuilt',
        verdict: 'home stands.',
        folder: '/secrets/runs/1',
        failover: {
          proven: true,
          from: 'pi-11',
          to: 'pi-12',
          gapMs: 2400,
          budgetMs: 60_000,
          startedAt: '',
          endedAt: '',
          probes: 91,
        },
      },
      [],
      view,
    );
    assert.match(shown, /Rebuilt\.\n {2}home stands\./);
    assert.match(shown, /from pi-11 to pi-12; the API was away for at most 2\.4 s \(allowed 1 min, 91 probes\)/);
    assert.match(shown, /folder +\/secrets\/runs\/1/);
  });

  test('counts machines of a large cluster and names those that move', () => {
    const nodes = Array.from({ length: 60 }, (_, at) => ({
      name: `n-${at}`,
      role: 'worker' as const,
      address: `10.0.0.${at}`,
      stage: at === 7 ? ('failed' as const) : ('running' as const),
      since: running.startedAt,
    }));
    const shown = text({ ...running, nodes }, [], view);
    assert.match(shown, /n-7 +worker .*needs a person/);
    assert.match(shown, /1 failed, 59 running/);
    assert.doesNotMatch(shown, /n-8 /);
  });
});
