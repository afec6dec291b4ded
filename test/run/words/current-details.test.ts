import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeProgress } from '../../../src/run/words/current-details.ts';
import { phasesOf } from '../../../src/run/operations.ts';
import type { NodeProgress, Progress } from '../../../src/run/progress.ts';
import { reportOf } from '../../../src/run/words/report.ts';

const since = '2026-01-01T00:00:00.000Z';

function progressOf(nodes: number): Progress {
  return {
    version: 1,
    operation: 'rebuild',
    onlyPlan: false,
    cluster: 'home',
    workflowId: 'talos/home',
    runId: 'run-1',
    requestedBy: 'kim',
    startedAt: since,
    folder: '/home/kim/.talos-secrets/runs/x',
    phases: phasesOf('rebuild').map((name) => ({ name, state: 'running', startedAt: since })),
    nodes: Array.from({ length: nodes }, (_, index): NodeProgress => ({
      name: `node-${index}`,
      role: 'worker',
      address: '10.0.0.1',
      stage: 'resetting',
      since,
    })),
    gates: [
      {
        kind: 'failure',
        id: 'reset/node-1',
        nonce: 'n',
        phase: 'reset',
        openedAt: since,
        title: 'Reset of node-1 did not succeed',
        seen: 'x'.repeat(5000),
        remedy: 'Look at it.',
        choices: ['retry', 'abort'],
      },
    ],
    approvals: [],
    findings: [],
    remarks: [],
  };
}

describe('describeProgress', () => {
  test('stays under 4 KB with hundreds of machines, and begins with what needs attention', () => {
    const details = describeProgress(progressOf(300));
    assert.ok(Buffer.byteLength(details) < 4096, `${Buffer.byteLength(details)} bytes`);
    assert.ok(details.indexOf('Reset of node-1') < details.indexOf('| Phase |'));
    assert.match(details, /^ {4}talos-rebuild answer reset\/node-1 retry --name home$/m);
    assert.match(details, /300 resetting/);
  });
});

describe('reportOf', () => {
  test('keeps every question that was asked, with its answer, what may be behind it and where the evidence is', () => {
    const [gate] = progressOf(1).gates;
    assert.equal(gate?.kind, 'failure');
    const causes = [{ cause: 'It hangs', remedy: 'take its power away' }];
    const closed = { ...gate, causes, evidence: '/runs/x/evidence/y', closedAt: since, answer: 'retry' } as const;
    const report = reportOf({ ...progressOf(1), closedGates: [closed] });
    assert.match(report, /### Reset of node-1 did not succeed\n\nAsked at .*, answered with retry at/);
    assert.match(report, /- perhaps: It hangs → take its power away\n\nEvidence: `\/runs\/x\/evidence\/y`/);
    assert.doesNotMatch(reportOf(progressOf(1)), /Questions/);
  });

  test('says whether failover was proven, and why not', () => {
    const failover = { proven: false, reason: '1 control plane' } as const;
    assert.match(reportOf({ ...progressOf(1), outcome: 'rebuilt', failover }), /Failover not proven: 1 control plane/);
  });
});
