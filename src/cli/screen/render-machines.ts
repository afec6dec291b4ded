import type { NodeProgress, NodeStage } from '../../run/progress.ts';
import { table } from './layout.ts';
import { duration } from '../../run/duration.ts';
import { between } from './instants.ts';
import { type PendingStep, describeStep } from './pending-step.ts';
import type { Paint } from './paint.ts';
import type { View } from './view.ts';

/** More machines than this are shown as counts, and only those that move or need a person by name. */
const allUpTo = 20;

/** The machines with their stage and since when, and what the step that is under way sees. */
export function renderMachines(nodes: readonly NodeProgress[], steps: readonly PendingStep[], view: View): string[] {
  const shown = nodes.length <= allUpTo ? nodes : nodes.filter((node) => isMoving(node.stage)).slice(0, allUpTo);
  const rows = shown.map((node) => {
    const step = steps.find((one) => one.node === node.name);
    return [
      `  ${node.name}`,
      node.role === 'controlplane' ? 'control plane' : 'worker',
      node.address,
      paintStage(node.stage, view.paint),
      node.stage === 'waiting' ? '' : duration(between(node.since, undefined, view.now)),
      step === undefined ? '' : view.paint.dim(withoutWaiting(describeStep(step))),
    ];
  });
  return [...table(rows), ...(shown.length < nodes.length ? [`  ${countStages(nodes)}`] : [])];
}

/** The stage says already what is waited for. */
function withoutWaiting(text: string): string {
  return text.replace(/, waiting for [^·]*?(?= ·|$)/, '');
}

/** `3 waiting, 40 running`, in the order of the way through a rebuild. */
export function countStages(nodes: readonly NodeProgress[]): string {
  const order: readonly NodeStage[] = [
    'failed',
    'waiting',
    'resetting',
    'maintenance',
    'applying',
    'running',
    'given up',
  ];
  return order
    .map((stage) => [stage, nodes.filter((node) => node.stage === stage).length] as const)
    .filter(([, count]) => count > 0)
    .map(([stage, count]) => `${count} ${stage}`)
    .join(', ');
}

/** A stage in a person's words. */
export function describeStage(stage: NodeStage): string {
  switch (stage) {
    case 'waiting':
      return 'untouched so far';
    case 'resetting':
      return 'resetting';
    case 'maintenance':
      return 'in maintenance mode';
    case 'applying':
      return 'applying configuration';
    case 'running':
      return 'running';
    case 'failed':
      return 'needs a person';
    case 'given up':
      return 'given up';
  }
}

function isMoving(stage: NodeStage): boolean {
  return stage !== 'waiting' && stage !== 'running';
}

function paintStage(stage: NodeStage, paint: Paint): string {
  const text = describeStage(stage);
  if (stage === 'failed') return paint.red(text);
  if (stage === 'running') return paint.green(text);
  return stage === 'waiting' ? paint.dim(text) : paint.cyan(text);
}
