import type { ApprovalGate } from '../../run/gates.ts';
import type { Progress } from '../../run/progress.ts';

/** The open approval of a run. */
export function approvalGateOf(progress: Progress): ApprovalGate | undefined {
  return progress.gates.find((gate) => gate.kind === 'approval');
}
