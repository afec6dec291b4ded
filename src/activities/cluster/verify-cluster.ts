import path from 'node:path';
import { setNamed } from '../../cluster/sets.ts';
import { controlPlanes } from '../../run/cluster-definition.ts';
import { Failure } from '../../run/failure.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import { isRefused, readApiVersion } from '../../kubernetes/api-health.ts';
import { requestTimeoutMs } from '../../kubernetes/client.ts';
import { readNodes } from '../../kubernetes/nodes.ts';
import { describeHolders, describeMembers, describeNodes, describeStatus } from './health.ts';
import { Machine } from '../machine/machine.ts';
import { listEtcdMembers, readEtcdStatus } from '../../talos/etcd.ts';
import { isAccepted } from '../../talos/accepted.ts';
import { apiServerOf, kubernetesOf } from './kubernetes-access.ts';
import { formerSetOf } from '../../run/plan/earlier-work.ts';
import { earlierWorkOf, firstThere, recordOf } from '../attempt/run-files.ts';
import { findVipHolders } from '../drill/vip-holder.ts';
import type { Attempt } from '../attempt/attempt.ts';

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
}

/** A named check: resolves with what is wrong, or nothing. */
export interface Check {
  readonly name: string;
  readonly look: () => Promise<string | undefined>;
}

/**
 * Proves that the cluster is what was planned, check by check, in the order in which a cluster comes up. A check that passed is not asked
 * again. Resolves with what could not be proven. Fails with `ClusterUnhealthy` naming the check and what it saw last. Only looks.
 */
export async function verifyCluster(attempt: Attempt, input: VerifyInput): Promise<VerifyResult> {
  const oldCredentials = await oldCredentialChecks(attempt, input);
  const checks = await healthChecks(attempt, input, oldCredentials.checks);
  await passAll(attempt, checks, verifyLimitOf(input.plan));
  return { remarks: oldCredentials.remarks };
}

/** How long the cluster may take to be healthy, in ms: as long as its slowest machine. */
export function verifyLimitOf({ nodes }: Plan): number {
  return Math.max(...nodes.map(({ timeouts }) => timeouts.verifyMs));
}

/** What every request to an API server takes: one that hangs holds nobody up longer than there is time left. */
function requestWithin(attempt: Attempt, plan: Plan): { readonly signal: AbortSignal; readonly timeoutMs: number } {
  return { signal: attempt.signal, timeoutMs: Math.min(requestTimeoutMs, attempt.remainingMs(verifyLimitOf(plan))) };
}

/**
 * Waits until all checks pass in one look. Where something is wrong they are waited for one after the other, and all are looked at once more:
 * a VIP that wanders may pass each check, at a moment of its own.
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

async function wrongWith({ look }: Check): Promise<string | undefined> {
  return look().catch(messageOf);
}

function unhealthy({ name }: Check, wrong: string | undefined, limitMs: number): Failure {
  const time = `${Math.round(limitMs / 1000)} s`;
  return new Failure('ClusterUnhealthy', `${name}: ${wrong}. The new cluster is not healthy after ${time}.`);
}

/**
 * etcd, VIP, API servers and nodes: what has to hold after the build and again after the drill. Each control plane is asked for itself: behind the
 * VIP another one answers for it, and Kubernetes takes most of a minute to notice that a node is gone. Nodes come last, as they do in a new cluster:
 * `meanwhile` is looked at before, so that nothing is left to do when the last one is Ready.
 */
export async function healthChecks(
  attempt: Attempt,
  { plan, givenUp = [] }: VerifyInput,
  meanwhile: readonly Check[] = [],
): Promise<Check[]> {
  const { signal } = attempt;
  const direct = await kubernetesOf(attempt, plan);
  const throughVip = { kubeconfig: direct.kubeconfig };
  const machines = await Promise.all(controlPlanes(plan.nodes).map((node) => Machine.open(attempt, node)));
  // Each is asked for its own view: a member that is down is still on the others' list, and two clusters have two lists.
  const lookAtMembers = async (machine: Machine): Promise<string | undefined> => {
    const wrong = describeMembers(plan, await listEtcdMembers(machine.accessUnder(plan.set), { signal }));
    return wrong === undefined ? undefined : `${machine.node.name} says that ${wrong}`;
  };
  const lookAtEtcd = async (machine: Machine): Promise<string | undefined> => {
    const wrong = describeStatus(await readEtcdStatus(machine.accessUnder(plan.set), { signal }));
    return wrong === undefined ? undefined : `${machine.node.name} ${wrong}`;
  };
  const lookAtApiServer = async ({ node }: Machine): Promise<string | undefined> => {
    const own = { kubeconfig: direct.kubeconfig, server: apiServerOf(node), ...requestWithin(attempt, plan) };
    return readApiVersion(own).then(
      () => undefined,
      (error: unknown) => `${node.name}: ${messageOf(error)}`,
    );
  };
  const seenWithVip = new Set<string>();
  const lookAtVip = async (): Promise<string | undefined> => {
    const holders = await findVipHolders(attempt, plan);
    for (const { node } of holders) seenWithVip.add(node);
    return describeHolders(plan, holders, [...seenWithVip].toSorted());
  };
  return [
    { name: 'etcd has the planned members', look: firstWrong(lookAtMembers, machines) },
    { name: 'etcd on each control plane is a healthy voter', look: firstWrong(lookAtEtcd, machines) },
    { name: 'The VIP is on one control plane', look: lookAtVip },
    {
      name: 'The API server answers through the VIP',
      look: async () =>
        readApiVersion({ ...throughVip, ...requestWithin(attempt, plan) }).then(
          () => undefined,
          async (error: unknown) => {
            const gone = await lookAtVip(); // since it was looked at: then this is the reason
            return gone === undefined ? messageOf(error) : `${messageOf(error)}; ${gone}`;
          },
        ),
    },
    // It is a static pod: where it answers, this boot's kubelet has read its manifest, whatever Kubernetes still believes of the node.
    { name: 'Each control plane’s own API server answers', look: firstWrong(lookAtApiServer, machines) },
    ...meanwhile,
    {
      name: 'Nodes are Ready',
      look: async () => describeNodes(plan, await readNodes({ ...direct, ...requestWithin(attempt, plan) }), givenUp),
    },
  ];
}

/** Looks at all machines at once, and tells the first that is not as it should be. */
function firstWrong(look: (machine: Machine) => Promise<string | undefined>, machines: readonly Machine[]) {
  return async (): Promise<string | undefined> =>
    (await Promise.all(machines.map(look))).find((wrong) => wrong !== undefined);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * With new secrets, nobody who holds the old ones may get in. The old certificates are presented to servers that prove to be the new cluster's:
 * that the old credentials do not trust those says nothing.
 */
async function oldCredentialChecks(
  attempt: Attempt,
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
    look: async () =>
      (await isRefused({ ...access, ...requestWithin(attempt, plan) })) ? undefined : 'it was accepted',
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
