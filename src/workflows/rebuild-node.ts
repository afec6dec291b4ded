import {
  condition,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { MachineWay } from '../run/machine-way.ts';
import { doing } from './activities.ts';
import { inMaintenanceSignal, releaseSignal } from './messages.ts';

export interface RebuildNodeInput {
  readonly way: MachineWay;
  /** Whether the point of no return is passed already, so that the new configuration may be applied. */
  readonly isReleased: boolean;
}

/**
 * Takes one machine from the old cluster to the new one. Started again after a failure, it goes on from what the
 * machine shows: each activity looks first and acts only where the machine is not yet where it should be. Resolves with
 * the digest of the configuration that it has then.
 */
export async function rebuildNode({ way, isReleased }: RebuildNodeInput): Promise<string> {
  const { node } = way;
  let released = isReleased ? way : undefined;
  setHandler(releaseSignal, (amended) => void (released = amended), {
    description: 'The point of no return is passed. Not for people.',
  });

  show('resetting');
  await doing(`Reset ${node.name} into maintenance mode`).resetNode(way);
  show('in maintenance mode');
  const told = tellParent(node.name); // the machine does not wait for it

  await condition(() => released !== undefined);
  const build = released ?? way;
  show('taking its configuration');
  await doing(`Apply the configuration to ${node.name}`).applyConfiguration(build);
  show('starting under its configuration');
  await doing(`Wait until ${node.name} runs under the new set`).awaitNewCluster(build);
  if (build.isAmended) await doing(`Bring ${node.name} to its amended configuration`).applyInPlace(build);
  show('running');
  await told;
  return build.node.configurationSha256;

  function show(stage: string): void {
    setCurrentDetails(`**${node.name}** (${node.role}, ${node.address}): ${stage} since ${new Date().toISOString()}`);
  }
}

/** The parent sees the end by itself, so this is all that it is told: each message costs both workflows a task. */
async function tellParent(node: string): Promise<void> {
  const { parent } = workflowInfo();
  if (!parent) return;
  const told = getExternalWorkflowHandle(parent.workflowId, parent.runId).signal(inMaintenanceSignal, { node });
  told.catch(() => undefined); // it is awaited at the end
  return told;
}
