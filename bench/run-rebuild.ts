import { approvalGateOf } from '../src/cli/runs/approval-gate.ts';
import { sendDecision } from '../src/cli/runs/decide.ts';
import { followRun } from '../src/cli/runs/follow-run.ts';
import { startRun } from '../src/cli/runs/start-run.ts';
import type { Progress } from '../src/run/progress.ts';
import { nodeWorkflowIdOf, workflowIdOf } from '../src/run/request.ts';
import type { Stage } from './stage.ts';

/** Carries a rebuild out through the code of `start`, `approve` and `watch`. Rejects when it does not end well. */
export async function runRebuild({ temporal, definition, file }: Stage, signal: AbortSignal): Promise<Progress> {
  const { client } = temporal;
  const request = { clusterFile: file, cluster: definition.name, operation: 'rebuild', requestedBy: 'bench' } as const;
  const invocation = { program: 'npm run bench', target: '' };
  const { runId } = await startRun(temporal, definition, request, invocation);
  for (;;) {
    const look = await followRun({
      client,
      cluster: definition.name,
      runId,
      until: 'question',
      signal,
      show: () => undefined,
    });
    if (signal.aborted || !look) throw new Error('The benchmark was interrupted, or took longer than its time limit.');
    if (look.kind !== 'seen') throw new Error(look.kind === 'broken' ? look.reason : 'The worker is gone.');
    const { progress, isClosed } = look;
    if (isClosed && progress.outcome === 'rebuilt') return progress;
    const gate = approvalGateOf(progress);
    if (!gate) throw new Error(progress.verdict ?? progress.gates.map(({ title }) => title).join('; '));
    const { digest, nonce } = gate;
    const decision = { gate: gate.id, nonce, digest, runId, decision: 'approve', by: 'bench', reason: '' } as const;
    await sendDecision(temporal, progress.workflowId, decision, true);
  }
}

/** Events in the history of the run's workflow and of each machine's, by workflow id. */
export async function countEvents({ temporal, definition }: Stage): Promise<ReadonlyMap<string, number>> {
  const { name, nodes } = definition;
  const ids = [workflowIdOf(name), ...nodes.map((node) => nodeWorkflowIdOf(name, node.name))];
  const count = async (id: string): Promise<[string, number]> => {
    const { historyLength } = await temporal.client.workflow.getHandle(id).describe();
    return [id, historyLength];
  };
  return new Map(await Promise.all(ids.map(count)));
}
