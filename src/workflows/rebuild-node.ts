import {
  condition,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { NodeStage } from '../run/progress.ts';
import type { NodeStep } from '../run/steps.ts';
import { doing } from './activities.ts';
import { nodeStageSignal, releaseSignal } from './messages.ts';

export interface RebuildNodeInput {
  readonly step: NodeStep;
  /** Whether the point of no return is passed already, so that the new configuration may be applied. */
  readonly isReleased: boolean;
}

/**
 * Takes one machine from the old cluster to the new one. Started again after a failure, it goes on from what the machine shows:
 * each step looks first and acts only where the machine is not yet where it should be.
 */
export async function rebuildNode({ step, isReleased }: RebuildNodeInput): Promise<void> {
  const { node } = step;
  let mayApply = isReleased;
  setHandler(releaseSignal, () => void (mayApply = true), {
    description: 'The point of no return is passed. Not for people.',
  });

  await tell('resetting');
  await doing(`Reset ${node.name} into maintenance mode`).resetNode(step);
  await tell('maintenance');

  await condition(() => mayApply);
  await tell('applying');
  await doing(`Apply the configuration to ${node.name}`).applyConfiguration(step);
  await tell('starting');
  await doing(`Wait until ${node.name} runs under the new set`).awaitNewCluster(step);
  await tell('running');

  async function tell(stage: NodeStage): Promise<void> {
    setCurrentDetails(`**${node.name}** (${node.role}, ${node.address}): ${stage} since ${new Date().toISOString()}`);
    const parent = workflowInfo().parent;
    if (parent)
      await getExternalWorkflowHandle(parent.workflowId, parent.runId).signal(nodeStageSignal, {
        node: node.name,
        stage,
      });
  }
}
