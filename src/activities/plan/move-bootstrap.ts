import { controlPlanes } from '../../run/cluster-definition.ts';
import { Failure } from '../../run/failure.ts';
import { describeCondition } from '../../run/node-condition.ts';
import type { BootstrapMove, Plan } from '../../run/plan/plan.ts';
import { etcdServiceState } from '../../talos/services.ts';
import { Machine, runsUnder } from '../machine/machine.ts';
import { recordOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

/**
 * Whether the plan asks for the bootstrap of another control plane than the one that was chosen, and may have it:
 * two clusters come of two bootstraps. So no control plane may have an etcd that runs, and the lost one is in
 * maintenance mode, or does not answer and a person confirms that it is off. Undefined where nothing moves. Only
 * looks. Fails with `BootstrapRefused`.
 */
export async function moveBootstrap(attempt: Attempt, plan: Plan): Promise<BootstrapMove | undefined> {
  const { bootstrap } = await recordOf(attempt);
  const { bootstrapNode: to } = plan;
  if (bootstrap === undefined || to === undefined || to === bootstrap.node) return undefined;
  const from = bootstrap.node;
  let move: BootstrapMove | undefined;
  for (const node of controlPlanes(plan.nodes)) {
    const machine = await Machine.open(attempt, node);
    const { condition } = await machine.look();
    if (node.name === from) {
      if (condition.kind !== 'maintenance' && condition.kind !== 'unreachable') {
        throw refused(
          `${from}, which was chosen, is ${describeCondition(condition)}. It has to be in maintenance mode or off.`,
        );
      }
      move = { from, to, mustStayOff: condition.kind === 'unreachable' };
    } else if (runsUnder(condition, plan.set)) {
      const etcd = await etcdServiceState(machine.accessUnder(plan.set), { signal: attempt.signal });
      if (etcd?.state !== 'Preparing')
        throw refused(`etcd on ${node.name} is ${etcd?.state ?? 'in an unknown state'}.`);
    } else if (condition.kind !== 'maintenance') {
      throw refused(
        `${node.name} is ${describeCondition(condition)}, so nobody can say whether it has an etcd member.`,
      );
    }
  }
  return move;
}

function refused(seen: string): Failure {
  return new Failure(
    'BootstrapRefused',
    `The bootstrap stays where it is: ${seen} Bring that machine back and answer retry; a second bootstrap would make a second cluster.`,
  );
}
