import type { RunRecord } from '../../cluster/run-record.ts';
import { controlPlanes } from '../../run/cluster-definition.ts';
import { Failure } from '../../run/failure.ts';
import { keepsQuorum } from '../../run/plan/plan.ts';
import type { FailoverResult } from '../../run/progress.ts';
import type { RunReference } from '../../run/run-reference.ts';
import type { CallOptions } from '../../talos/access.ts';
import { mayPass } from '../../talos/errors.ts';
import { readBootId, rebootNode } from '../../talos/reboot.ts';
import type { CredentialedAccess } from '../machine/machine.ts';
import { Machine } from '../machine/machine.ts';
import { patiently } from '../attempt/patiently.ts';
import { ProbeLog, probeEveryMs } from './probe-log.ts';
import { record, recordOf } from '../attempt/run-files.ts';
import { isFresh } from '../attempt/attempt.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { isRebootUnderWay } from '../machine/under-way.ts';
import { checkedCluster } from '../cluster/checked-cluster.ts';
import { passAll } from '../cluster/verify-cluster.ts';
import { findVipHolders } from '../../checks/vip-holders.ts';
import type { CheckedCluster } from '../../checks/checked-cluster.ts';
import { healthChecks } from '../../checks/health.ts';
import type { ExpectedCluster, ExpectedNode } from '../../run/expected-cluster.ts';
import { verifyLimitOf } from '../../run/expected-cluster.ts';

const lookEveryMs = 100;

/** A reboot that is lost or fails so many times in a row does not get through: a person is asked. */
const sendAtMost = 3;

type Drill = NonNullable<RunRecord['drill']>;

export interface DrillInput {
  readonly run: RunReference;
  readonly expected: ExpectedCluster;
  /** How long the API may be without an answer, in ms. */
  readonly budgetMs: number;
  /** Workers that a person gave up by name. */
  readonly givenUp?: readonly string[];
  /**
   * When the cluster was last seen healthy, ISO 8601 by the worker's clock: a look that was
   * just made is not made again.
   */
  readonly healthyAt?: string;
}

/**
 * Proves the failover: reboots the control plane that has the VIP, asks the API through the VIP all the while with
 * fresh connections, sees the VIP on another node and the cluster healthy again, and measures the longest time without
 * an answer. Reboots once, even if it runs twice: the holder and its boot id are written down before the reboot goes
 * out. What an interrupted worker did not see counts as time without an answer, so the gap is never understated. Fails
 * with `FailoverFailed` beyond the budget.
 */
export async function drillFailover(attempt: Attempt, input: DrillInput): Promise<FailoverResult> {
  const { expected, budgetMs, givenUp } = input;
  const limitMs = verifyLimitOf(expected);
  const cluster = await checkedCluster(attempt, expected);
  const log = await ProbeLog.open(attempt, { kubeconfig: cluster.kubernetes.kubeconfig });
  try {
    if (!isFresh(input.healthyAt)) await passAll(attempt, healthChecks(cluster, givenUp), limitMs);
    const holder = await rebootHolder(attempt, cluster, log, limitMs);
    const to = await seeVipMove(attempt, cluster, holder, limitMs);
    await passAll(attempt, healthChecks(cluster, givenUp), limitMs);
    return await evaluate(budgetMs, log, { from: holder.name, to });
  } catch (error) {
    if (error instanceof Failure) await forget(attempt, log);
    throw error;
  } finally {
    await log.end();
  }
}

/** A drill that failed is over: a retry is a new one, and the time that a person took to answer is no gap. */
async function forget(attempt: Attempt, log: ProbeLog): Promise<void> {
  await record(attempt, (all) => {
    delete all.drill;
  });
  await log.discard();
}

/** Finds the holder and reboots it, unless that was done before. Resolves when the reboot is under way, or done. */
async function rebootHolder(
  attempt: Attempt,
  cluster: CheckedCluster,
  log: ProbeLog,
  limitMs: number,
): Promise<ExpectedNode> {
  const { signal } = attempt;
  const endsAt = Date.now() + attempt.remainingMs(limitMs);
  for (let lost: unknown[] = []; ;) {
    const begun = (await recordOf(attempt)).drill ?? (await choose(attempt, cluster, limitMs));
    const holder = nodeNamed(cluster, begun.holder);
    const machine = await Machine.open(attempt, holder);
    const access = cluster.access(holder);
    if (begun.rebootSentAt !== undefined && (await isRebootUnderWay(machine, signal))) return holder;
    if (lost.length >= sendAtMost || (lost.length > 0 && Date.now() > endsAt)) throw lost.at(-1);
    await log.save(); // should this worker die in the next second, the gap begins with what was answered until now
    const lookAndSend = () =>
      attempt.lookAndAct(
        async () => {
          const [bootId, holders] = await Promise.all([readBootId(access, { signal }), findVipHolders(cluster)]);
          return { bootId, holders };
        },
        async ({ bootId, holders }) => {
          if (bootId !== begun.bootId) return 'rebooted';
          if (!holders.some(({ node }) => node === holder.name)) return 'not the holder';
          await record(attempt, (all) => {
            if (all.drill) all.drill.rebootSentAt = new Date().toISOString();
          });
          machine.say('sending the reboot');
          return send(access, { signal, timeoutMs: attempt.remainingMs(limitMs) });
        },
        limitMs,
      );
    const sent = await attempt.worker.locks.hold(holder.address, lookAndSend, signal);
    const mayHaveGotIt = begun.rebootSentAt !== undefined; // a reboot that was lost may come late: no other machine is rebooted then
    if (sent === 'rebooted' || sent === 'accepted' || (sent === 'not the holder' && mayHaveGotIt)) return holder;
    // The VIP has moved on by itself: to reboot this one would prove nothing.
    if (sent === 'not the holder') {
      if (Date.now() > endsAt) throw restless(cluster);
      await record(attempt, (all) => void delete all.drill);
    } else lost = [...lost, sent.lost];
  }
}

function restless({ expected: { vip } }: CheckedCluster): Failure {
  return new Failure(
    'FailoverFailed',
    `The VIP ${vip.address} moves from one control plane to another again and again, by itself. Nothing was rebooted.`,
  );
}

/** Writes down to which machine the reboot goes, before it goes out. */
async function choose(attempt: Attempt, cluster: CheckedCluster, limitMs: number): Promise<Drill> {
  const holder = await holderNow(attempt, cluster, limitMs);
  const access = cluster.access(nodeNamed(cluster, holder));
  const bootId = await patiently(attempt.signal, () => readBootId(access, { signal: attempt.signal }));
  const drill: Drill = { holder, bootId };
  await record(attempt, (all) => void (all.drill = drill));
  return drill;
}

/** A request or its answer may be lost: then nobody knows what became of it, and what the machine does next decides. */
async function send(
  access: CredentialedAccess,
  options: CallOptions,
): Promise<'accepted' | { readonly lost: unknown }> {
  try {
    await rebootNode(access, options);
    return 'accepted';
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!mayPass(error)) throw error;
    return { lost: error };
  }
}

/** The VIP is where it should be before anything is rebooted. It may be on its way from one to another. */
async function holderNow(attempt: Attempt, cluster: CheckedCluster, limitMs: number): Promise<string> {
  const members = controlPlanes(cluster.expected.nodes).length;
  let seen = '';
  const look = async (): Promise<string | undefined> => {
    const [holder, ...others] = await findVipHolders(cluster);
    if (holder && others.length === 0 && keepsQuorum(members, members - 1)) return holder.node;
    seen = holder ? [holder, ...others].map(({ node }) => node).join(' and ') : 'no control plane';
    return undefined;
  };
  const late = (): never => {
    throw new Failure('FailoverFailed', `The VIP ${cluster.expected.vip.address} is on ${seen}. Nothing was rebooted.`);
  };
  return attempt.until(look, { limitMs, everyMs: lookEveryMs, late });
}

/** Resolves with the node that took the VIP over, once the old holder has booted anew. */
async function seeVipMove(
  attempt: Attempt,
  cluster: CheckedCluster,
  from: ExpectedNode,
  limitMs: number,
): Promise<string> {
  const { bootId } = (await recordOf(attempt)).drill ?? {};
  let to: string | undefined;
  const look = async (): Promise<string | undefined> => {
    to ??= (await findVipHolders(cluster)).find(({ node }) => node !== from.name)?.node;
    const bootedAs = await readBootId(cluster.access(from), { signal: attempt.signal }).catch(() => undefined);
    if (to !== undefined && bootedAs !== undefined && bootedAs !== bootId) return to;
    attempt.say(
      to === undefined ? `waiting for the VIP to leave ${from.name}` : `the VIP is on ${to}, waiting for ${from.name}`,
    );
    return undefined;
  };
  const late = (): never => {
    throw new Failure(
      'FailoverFailed',
      to === undefined
        ? `${from.name}: was rebooted, but the VIP ${cluster.expected.vip.address} did not move to another control plane.`
        : `${from.name}: did not come back ${Math.round(limitMs / 1000)} s after its reboot. The VIP is on ${to}.`,
    );
  };
  return attempt.until(look, { limitMs, everyMs: lookEveryMs, late });
}

async function evaluate(
  budgetMs: number,
  log: ProbeLog,
  move: { readonly from: string; readonly to: string },
): Promise<FailoverResult> {
  const { longest, probes } = await log.end();
  const result: FailoverResult = {
    proven: true,
    ...move,
    gapMs: Math.round(Math.max(longest?.ms ?? 0, probeEveryMs)),
    budgetMs,
    startedAt: instant(longest?.startedAt),
    endedAt: instant(longest?.endedAt),
    probes,
  };
  if (result.gapMs <= result.budgetMs) return result;
  throw new Failure(
    'FailoverFailed',
    `The API did not answer through the VIP for ${result.gapMs} ms, allowed are ${result.budgetMs} ms; it moved from ${move.from} to ${move.to}. ` +
      'Everything is healthy now.',
    { details: result },
  );
}

function nodeNamed({ expected }: CheckedCluster, name: string): ExpectedNode {
  const node = expected.nodes.find((one) => one.name === name);
  if (!node) throw new Failure('FailoverFailed', `${name} has the VIP, but is no planned node. Nothing was rebooted.`);
  return node;
}

function instant(ms: number | undefined): string {
  return new Date(ms ?? Date.now()).toISOString();
}
