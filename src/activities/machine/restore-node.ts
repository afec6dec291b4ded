import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formerSetOf, isPastNoReturn } from '../../run/plan/earlier-work.ts';
import { describeFailure } from '../../run/words/failure-report.ts';
import { Failure } from '../../run/failure.ts';
import type { Plan, PlannedNode } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { readEtcdStatus } from '../../talos/etcd.ts';
import { etcdServiceState } from '../../talos/services.ts';
import { intoConfiguration } from './apply-configuration.ts';
import { Machine, runsUnder } from './machine.ts';
import { earlierWorkOf, firstThere, recordNode, recordOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { isResetUnderWay } from './under-way.ts';

const lookEveryMs = 500;

export interface RestoreNodeInput {
  readonly run: RunReference;
  readonly plan: Plan;
  readonly node: string;
}

/**
 * Gives a machine that was reset before the run was called off the configuration back that was saved from it, and waits
 * until it is in its old cluster again, a control plane with its etcd. Does nothing for one that never left it. May run
 * again at any moment. Fails with `UnexpectedCondition` where the old cluster is gone already, which only a run that
 * was set back does not know.
 */
export async function restoreNode(attempt: Attempt, { plan, node: name }: RestoreNodeInput): Promise<void> {
  const node = plan.nodes.find((one) => one.name === name);
  const former = node && (await formerStateOf(attempt, plan, node));
  if (!former) return;
  const { oldSet, file } = former;
  const machine = await Machine.open(attempt, node);
  const restored = async (): Promise<void> => recordNode(attempt, name, 'restoredAt');
  const limitMs = node.timeouts.resetMs + node.timeouts.applyMs;
  const endsAt = Date.now() + attempt.remainingMs(limitMs);
  for (;;) {
    const { condition } = await machine.waitUntil({
      until: (seen) => seen.kind === 'maintenance' || runsUnder(seen, oldSet),
      limitMs,
      waitingFor: 'maintenance mode',
    });
    if (condition.kind === 'maintenance') break;
    // It has its configuration back, or never lost it.
    if (!(await isResetUnderWay(machine, attempt.signal))) {
      await restored();
      return seeInEtcd(attempt, machine, node, oldSet);
    }
    if (Date.now() > endsAt) throw stillReset(name, limitMs);
    await sleep(lookEveryMs, undefined, { signal: attempt.signal });
  }
  await intoConfiguration(attempt, machine, {
    node,
    file,
    isThere: (condition) => runsUnder(condition, oldSet),
    beforeSending: restored,
  });
  await machine.waitUntil({
    until: (condition) => runsUnder(condition, oldSet),
    limitMs: node.timeouts.applyMs,
    waitingFor: 'its old cluster',
  });
  await seeInEtcd(attempt, machine, node, oldSet);
}

/**
 * Under which old set a machine ran that was reset, and what was saved of it: by this run, or by one that was lost
 * before the old control plane had lost its quorum. Undefined where nothing is to be given back.
 */
async function formerStateOf(
  attempt: Attempt,
  plan: Plan,
  { name, runsUnder: planned }: PlannedNode,
): Promise<{ readonly oldSet: string; readonly file: string } | undefined> {
  const { nodes, backup, bootstrap } = await recordOf(attempt);
  if (isPastNoReturn({ traces: nodes, plans: [plan], ...(bootstrap ? { bootstrap } : {}) })) throw pastNoReturn(name);
  const earlier = await earlierWorkOf(attempt, plan);
  const wasReset = nodes[name]?.resetSentAt !== undefined;
  const wasResetBefore = earlier?.traces[name]?.resetSentAt !== undefined && !isPastNoReturn(earlier);
  const oldSet = planned ?? (earlier && formerSetOf(earlier, name));
  if (oldSet === undefined || !(wasReset || wasResetBefore)) return undefined;
  const backups = [...(earlier?.backups ?? []), ...(backup === undefined ? [] : [backup])];
  const files = backups.map((one) => path.join(attempt.worker.folder.backups, one, 'nodes', `${name}.yaml`));
  const file = await firstThere(files);
  if (file !== undefined) return { oldSet, file };
  throw new Failure(
    'FilesDamaged',
    `${name}: was reset, but this run has no backup of its configuration. Restore it by hand.`,
  );
}

function stillReset(name: string, limitMs: number): Failure {
  return new Failure(
    'NotYet',
    `${name}: its reset is under way and does not end: after ${Math.round(limitMs / 1000)} s it still answers under its old set. It gets its ` +
      'configuration back when it is in maintenance mode. Look at its console, and power-cycle it if it hangs.',
  );
}

/**
 * A run that knows so much is never called off; only one that was set back, with Temporal's database, may not know it.
 */
function pastNoReturn(name: string): Failure {
  return new Failure(
    'UnexpectedCondition',
    `${name}: is not given its old configuration back: this run was past its point of no return before Temporal's database was set back. ` +
      'Nothing was sent to it. Skip this, and start again: the next run goes on from what the machines show.',
  );
}

/**
 * A control plane's etcd data went with its EPHEMERAL partition: it has to join the old cluster anew. A learner is
 * joining, and becomes a voter by itself.
 */
async function seeInEtcd(attempt: Attempt, machine: Machine, node: PlannedNode, oldSet: string): Promise<void> {
  if (node.role !== 'controlplane') return;
  const access = machine.accessUnder(oldSet);
  const { signal } = attempt;
  let seen = 'nothing was heard of it';
  const isMember = async (): Promise<true | undefined> => {
    try {
      const service = await etcdServiceState(access, { signal });
      seen = `its service is ${service?.state ?? 'not there'}`;
      if (service?.state !== 'Running') return undefined;
      const { leaderId } = await readEtcdStatus(access, { signal });
      seen = 'it sees no leader';
      return leaderId === undefined ? undefined : true;
    } catch (error) {
      signal.throwIfAborted();
      seen = describeFailure(error);
      return undefined;
    } finally {
      machine.say(`waiting for its etcd to be a member again: ${seen}`);
    }
  };
  const { applyMs: limitMs } = node.timeouts;
  const late = (): never => {
    throw new Failure(
      'NotYet',
      `${node.name}: has its old configuration back, but its etcd is no member of the old cluster again after ` +
        `${Math.round(limitMs / 1000)} s: ${seen}. Look at \`talosctl etcd members\` on another control plane: one that is lost there blocks it.`,
    );
  };
  await attempt.until(isMember, { limitMs, everyMs: lookEveryMs, late });
}
