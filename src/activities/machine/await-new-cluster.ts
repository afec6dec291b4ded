import { knownSets } from '../../cluster/known-sets.ts';
import { Failure } from '../../run/failure.ts';
import { describeCondition } from '../../run/node-condition.ts';
import type { MachineWay } from '../../run/machine-way.ts';
import { observeNode } from '../../talos/probe.ts';
import { giveConfiguration } from './apply-configuration.ts';
import { Machine, runsUnder } from './machine.ts';
import type { Attempt } from '../attempt/attempt.ts';

const lookEveryMs = 100;

/** From then on the machine has had what it needs to answer, so its time runs. */
const mayAnswerMark = 'may answer';

/**
 * Waits until a configured machine answers with a certificate of the new set. A worker gets its certificate from a
 * control plane and keeps its port shut until then: its time begins to run only when one of them answers. One that
 * falls back into maintenance mode, because it lost power before it had written its configuration, gets it again.
 * May run again at any moment.
 */
export async function awaitNewCluster(attempt: Attempt, way: MachineWay): Promise<void> {
  const { node, to, controlPlanes } = way;
  const machine = await Machine.open(attempt, node);
  const { worker, signal } = attempt;
  const sets = await knownSets(worker.folder);
  const mayAnswer = async (): Promise<boolean> => {
    if (node.role === 'controlplane') return true;
    const seen = await Promise.all(controlPlanes.map((address) => observeNode(address, sets, { signal })));
    return seen.some((condition) => runsUnder(condition, to));
  };
  const look = async (): Promise<true | undefined> => {
    const { condition } = await machine.look();
    if (runsUnder(condition, to)) return true;
    if (condition.kind === 'foreign') throw machine.foreign();
    if (condition.kind === 'maintenance') await giveConfiguration(attempt, way, machine);
    if (attempt.markedAt(mayAnswerMark) === undefined && (await mayAnswer())) attempt.mark(mayAnswerMark);
    const mayAnswerSince = attempt.markedAt(mayAnswerMark);
    if (mayAnswerSince !== undefined && Date.now() - mayAnswerSince > node.timeouts.applyMs) {
      throw new Failure(
        'NotYet',
        `${node.name}: has its new configuration, but does not answer with a certificate of the new cluster after ` +
          `${Math.round(node.timeouts.applyMs / 1000)} s: it is ${describeCondition(condition)}.`,
      );
    }
    machine.say(
      mayAnswerSince === undefined
        ? 'waiting for a control plane to give it a certificate'
        : `${describeCondition(condition)}, waiting for it to answer under the new set`,
    );
    return undefined;
  };
  await attempt.until(look, { limitMs: Infinity, everyMs: lookEveryMs, late: () => true });
}
