import path from 'node:path';
import type { Check } from '../../checks/check.ts';
import { wrongWith } from '../../checks/check.ts';
import type { CheckedCluster } from '../../checks/checked-cluster.ts';
import { requestWithin } from '../../checks/checked-cluster.ts';
import { healthChecks } from '../../checks/health.ts';
import { setNamed } from '../../cluster/sets.ts';
import { isRefused } from '../../kubernetes/api-health.ts';
import { verifyLimitOf } from '../../run/expected-cluster.ts';
import { Failure } from '../../run/failure.ts';
import { formerSetOf } from '../../run/plan/earlier-work.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { isAccepted } from '../../talos/accepted.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { earlierWorkOf, firstThere, recordOf } from '../attempt/run-files.ts';
import { Machine } from '../machine/machine.ts';
import { checkedCluster } from './checked-cluster.ts';

const lookEveryMs = 100;

export interface VerifyInput {
  readonly run: RunReference;
  readonly plan: Plan;
  /** Workers that a person gave up by name: nothing is expected of them. */
  readonly givenUp?: readonly string[];
}

export interface VerifyResult {
  /** What a person should know though every check passed, a sentence each. */
  readonly remarks: readonly string[];
  /** When all checks passed in one look, ISO 8601 by the worker's clock. */
  readonly healthyAt: string;
}

/**
 * Proves that the cluster is what was planned, check by check, in the order in which a cluster comes up. A check that
 * passed is not asked again. Resolves with what could not be proven. Fails with `ClusterUnhealthy` naming the check and
 * what it saw last. Only looks.
 */
export async function verifyCluster(attempt: Attempt, input: VerifyInput): Promise<VerifyResult> {
  const { plan, givenUp } = input;
  const cluster = await checkedCluster(attempt, plan);
  const oldCredentials = await oldCredentialChecks(attempt, cluster, input);
  await passAll(attempt, healthChecks(cluster, givenUp, oldCredentials.checks), verifyLimitOf(plan));
  return { remarks: oldCredentials.remarks, healthyAt: new Date().toISOString() };
}

/**
 * Waits until all checks pass in one look. Where something is wrong they are waited for one after the other, and all
 * are looked at once more: a VIP that wanders may pass each check, at a moment of its own.
 */
export async function passAll(attempt: Attempt, checks: readonly Check[], limitMs: number): Promise<void> {
  const endsAt = Date.now() + attempt.remainingMs(limitMs);
  for (;;) {
    const seen = await Promise.all(checks.map(async (check) => ({ check, wrong: await wrongWith(check) })));
    attempt.signal.throwIfAborted();
    const failed = seen.find(({ wrong }) => wrong !== undefined);
    if (failed === undefined) return;
    if (Date.now() > endsAt) throw unhealthy(failed.check, failed.wrong, limitMs);
    for (const check of checks) await passes(attempt, check, limitMs);
  }
}

async function passes(attempt: Attempt, check: Check, limitMs: number): Promise<void> {
  let wrong: string | undefined;
  const hasPassed = async (): Promise<true | undefined> => {
    wrong = await wrongWith(check);
    attempt.signal.throwIfAborted();
    if (wrong === undefined) return true;
    attempt.say(`${check.name}: ${wrong}`);
    return undefined;
  };
  const late = (): never => {
    throw unhealthy(check, wrong, limitMs);
  };
  await attempt.until(hasPassed, { limitMs, everyMs: lookEveryMs, late });
}

function unhealthy({ name }: Check, wrong: string | undefined, limitMs: number): Failure {
  const time = `${Math.round(limitMs / 1000)} s`;
  return new Failure('ClusterUnhealthy', `${name}: ${wrong}. The new cluster is not healthy after ${time}.`);
}

/**
 * With new secrets, the old ones must not let anybody in. The old certificates are presented to servers that prove to
 * be the new cluster's. It proves nothing that the old credentials do not trust those servers.
 */
async function oldCredentialChecks(
  attempt: Attempt,
  cluster: CheckedCluster,
  { plan, givenUp = [] }: VerifyInput,
): Promise<{ readonly checks: readonly Check[]; readonly remarks: readonly string[] }> {
  const earlier = await earlierWorkOf(attempt, plan);
  const formerNodes = plan.nodes
    .filter(({ name }) => !givenUp.includes(name))
    .flatMap((node) => {
      const planned = node.runsUnder === plan.set ? undefined : node.runsUnder;
      const oldSet = planned ?? (earlier && formerSetOf(earlier, node.name));
      return oldSet === undefined ? [] : [{ node, oldSet }];
    });
  if (plan.secrets === 'keep' || formerNodes.length === 0) return { checks: [], remarks: [] };
  const { signal } = attempt;
  const talos = await Promise.all(
    formerNodes.map(async ({ node, oldSet }): Promise<Check> => {
      const machine = await Machine.open(attempt, node);
      const { talosconfig } = machine.accessUnder(oldSet);
      const { talosconfig: trusted } = machine.accessUnder(plan.set);
      return {
        name: `${node.name} refuses the old talosconfig`,
        look: async () =>
          (await isAccepted(node, { talosconfig, trusted }, { signal })) ? 'it was accepted' : undefined,
      };
    }),
  );
  const kubeconfig = await savedKubeconfig(attempt, earlier?.backups ?? []);
  if (kubeconfig === undefined) return { checks: talos, remarks: [unproven] };
  const { kubeconfig: clusterOf } = setNamed(attempt.worker.folder, plan.set);
  const access = { kubeconfig, clusterOf, server: plan.endpoint };
  const kubernetes: Check = {
    name: 'The API server refuses the old kubeconfig',
    look: async () => ((await isRefused({ ...access, ...requestWithin(cluster) })) ? undefined : 'it was accepted'),
  };
  return { checks: [...talos, kubernetes], remarks: [] };
}

const unproven =
  'That the API server refuses the old kubeconfig was not proven: none could be saved before the reset. Try it with one that you still have.';

/** The kubeconfig of the old cluster, if one could be saved, by this run or by one from which it goes on. */
async function savedKubeconfig(attempt: Attempt, earlier: readonly string[]): Promise<string | undefined> {
  const { backup } = await recordOf(attempt);
  const backups = [...earlier, ...(backup === undefined ? [] : [backup])];
  return firstThere(backups.map((name) => path.join(attempt.worker.folder.backups, name, 'kubeconfig')));
}
