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
 * each step looks first and acts only where the machine is not yet where it should be. Resolves with the digest of the configuration that
 * it has then.
 */
export async function rebuildNode({ step, isReleased }: RebuildNodeInput): Promise<string> {
  const { node } = step;
  let released = isReleased ? step : undefined;
  let told = Promise.resolve();
  setHandler(releaseSignal, (amended) => void (released = amended), {
    description: 'The point of no return is passed. Not for people.',
  });

  tell('resetting');
  await doing(`Reset ${node.name} into maintenance mode`).resetNode(step);
  tell('maintenance');

  await condition(() => released !== undefined);
  const build = released ?? step;
  tell('applying');
  await doing(`Apply the configuration to ${node.name}`).applyConfiguration(build);
  tell('starting');
  await doing(`Wait until ${node.name} runs under the new set`).awaitNewCluster(build);
  if (build.isAmended) await doing(`Bring ${node.name} to its amended configuration`).applyInPlace(build);
  tell('running');
  await told;
  return build.node.configurationSha256;

  /** One message after the other, as the parent shows the last; the machine does not wait for them. */
  function tell(stage: NodeStage): void {
    setCurrentDetails(`**${node.name}** (${node.role}, ${node.address}): ${stage} since ${new Date().toISOString()}`);
    const parent = workflowInfo().parent;
    if (!parent) return;
    const handle = getExternalWorkflowHandle(parent.workflowId, parent.runId);
    told = told.then(() => handle.signal(nodeStageSignal, { node: node.name, stage }));
    told.catch(() => undefined); // it is awaited at the end
  }
}
