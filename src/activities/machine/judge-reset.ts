import { Failure } from '../../run/failure.ts';
import { describeCondition } from '../../run/node-condition.ts';
import type { NodeCondition } from '../../run/node-condition.ts';
import type { MachineWay } from '../../run/machine-way.ts';
import type { PlannedNode } from '../../run/plan/plan.ts';
import { runsOnlyUnder, runsUnder } from './machine.ts';

/** What is to be done with a machine that is to be reset. */
export type ResetVerdict =
  /** It is in maintenance mode, or runs the new cluster already. */
  | { readonly kind: 'done' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'send' }
  /** Nothing more is sent to it: a person has to look. */
  | { readonly kind: 'refuse'; readonly reason: Failure };

/** What was planned with the machine. */
export interface PlannedReset extends Pick<MachineWay, 'from' | 'to'> {
  readonly node: Pick<PlannedNode, 'name' | 'reset' | 'runsUnder'>;
}

/** What is known of the machine, from the last look and from what was written down. */
export interface SeenOfReset {
  readonly condition: NodeCondition;
  /** It was seen in maintenance mode since the run began. */
  readonly wasWiped: boolean;
  /** `none` was received by the machine; one is `under way`; it was away with one and `came back`. */
  readonly reset: 'none' | 'under way' | 'came back';
}

/**
 * Judges what is to be done. A reset is sent only to a machine that runs under the set that it comes from and has got
 * none. A certificate that no other set shares tells a rebuilt machine; where sets share their CA only our own record
 * does: one that was seen in maintenance mode in this run is never wiped again.
 */
export function judgeReset({ node, from, to }: PlannedReset, seen: SeenOfReset): ResetVerdict {
  const { condition, wasWiped, reset } = seen;
  const refuse = (reason: Failure): ResetVerdict => ({ kind: 'refuse', reason });
  switch (condition.kind) {
    case 'maintenance':
      return { kind: 'done' };
    case 'unreachable':
      return { kind: 'wait' };
    case 'foreign':
      return reset === 'none' ? refuse(notAsPlanned(node, condition)) : { kind: 'wait' }; // the wait refuses it
    case 'running':
  }
  const wasBuilt = node.reset === 'none' && node.runsUnder === to; // by an earlier run, as it wrote down
  const isRebuilt = runsOnlyUnder(condition, to) || (runsUnder(condition, to) && (wasWiped || wasBuilt));
  if (isRebuilt) return { kind: 'done' };
  switch (reset) {
    case 'under way':
      return { kind: 'wait' };
    case 'came back':
      return refuse(failedOnMachine(node, condition));
    case 'none': {
      if (wasWiped) return refuse(wipedBefore(node, condition));
      const isPlanned = node.reset === 'wipe' && from !== undefined && runsUnder(condition, from);
      return isPlanned ? { kind: 'send' } : refuse(notAsPlanned(node, condition));
    }
  }
}

function wipedBefore({ name }: PlannedReset['node'], condition: NodeCondition): Failure {
  return new Failure(
    'UnexpectedCondition',
    `${name}: was seen in maintenance mode since this run began, and is ${describeCondition(condition)} now: somebody else gave it a ` +
      'configuration. Nothing was sent to it. Plan again.',
  );
}

function notAsPlanned(node: PlannedReset['node'], condition: NodeCondition): Failure {
  const planned = node.runsUnder === undefined ? 'in maintenance mode' : `running under set ${node.runsUnder}`;
  return new Failure(
    'UnexpectedCondition',
    `${node.name}: planned ${planned}, but it is ${describeCondition(condition)}. Nothing was sent to it. Plan again.`,
  );
}

function failedOnMachine({ name }: PlannedReset['node'], condition: NodeCondition): Failure {
  return new Failure(
    'CommandFailed',
    `${name}: came back ${describeCondition(condition)} instead of in maintenance mode: the reset failed on the ` +
      'machine, which keeps its old configuration then. Look at `talosctl dmesg` for "fatal sequencer error".',
  );
}
