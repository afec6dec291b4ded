import { describeFailure } from '../../run/words/failure-report.ts';
import { Failure } from '../../run/failure.ts';
import type { Plan } from '../../run/plan/plan.ts';
import type { RunReference } from '../../run/run-reference.ts';
import type { CallOptions } from '../../talos/access.ts';
import { bootstrapNode as sendBootstrap } from '../../talos/bootstrap.ts';
import type { BootstrapAnswer } from '../../talos/bootstrap.ts';
import { outcomeOf } from '../../talos/errors.ts';
import { listEtcdMembers } from '../../talos/etcd.ts';
import { etcdServiceState } from '../../talos/services.ts';
import type { CredentialedAccess } from '../machine/machine.ts';
import { Machine } from '../machine/machine.ts';
import { record, recordOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

const lookEveryMs = 200;

export interface BootstrapInput {
  readonly run: RunReference;
  readonly plan: Plan;
  /** The choice that is written down in the run's record. */
  readonly node: string;
}

/**
 * Bootstraps etcd on the chosen control plane and on no other. May run again at any moment: it looks whether etcd has
 * members before it sends anything, and only ever asks the same machine. Resolves when that machine's own etcd lists
 * it, whatever the command said.
 */
export async function bootstrapNode(attempt: Attempt, { plan, node: name }: BootstrapInput): Promise<void> {
  const choice = (await recordOf(attempt)).bootstrap;
  const node = plan.nodes.find((one) => one.name === name);
  if (!node || choice?.node !== name) {
    throw new Failure(
      'BootstrapRefused',
      `${name} is not the control plane that was chosen for the bootstrap. Nothing was sent.`,
    );
  }
  const machine = await Machine.open(attempt, node);
  const access = machine.accessUnder(plan.set);
  let silence: string | undefined;
  const isMember = async (): Promise<boolean> => {
    try {
      const members = await membersOf(access, attempt.signal);
      silence = undefined;
      return members.includes(name);
    } catch (error) {
      attempt.signal.throwIfAborted();
      silence = describeFailure(error); // as long as etcd does not run, this is no news
      return false;
    }
  };
  const writeDown = async (isSent: boolean): Promise<void> =>
    record(attempt, ({ bootstrap: chosen }) => {
      if (isSent && chosen) chosen.sentAt = new Date().toISOString();
      else delete chosen?.sentAt;
    });
  const { bootstrapMs: limitMs } = node.timeouts;
  const isBuiltBefore = node.runsUnder === plan.set; // by an earlier run, which may have bootstrapped it
  let isOurs = choice.sentAt !== undefined;
  let last = 'no answer yet';

  const look = async (): Promise<true | undefined> => {
    const sendUnlessDone = async (isThere: boolean): Promise<boolean> => {
      if (isThere && (isOurs || isBuiltBefore)) return true;
      if (isThere) throw foundOldData(name);
      if (wasAccepted(last)) return false; // etcd starts after the answer, it only has to be watched
      if (!isOurs) await writeDown(true);
      const answer = await send(access, { signal: attempt.signal, timeoutMs: attempt.remainingMs(limitMs) });
      if (!isOurs && !mayHaveBegun(answer)) await writeDown(false);
      if (answer === 'already' && !isOurs && !isBuiltBefore) throw foundOldData(name);
      isOurs ||= mayHaveBegun(answer);
      last = describe(answer);
      return false;
    };
    const lookAndSend = (): Promise<boolean> => attempt.lookAndAct(isMember, sendUnlessDone);
    const isDone = await attempt.worker.locks.hold(node.address, lookAndSend, attempt.signal);
    if (isDone) return true;
    machine.say(`bootstrap: ${last}`);
    return undefined;
  };
  const late = (): never => {
    const seen = silence === undefined ? last : `${last}; asked for its members: ${silence}`;
    throw new Failure(
      'NotYet',
      `${name}: its etcd does not list it as a member ${Math.round(limitMs / 1000)} s after the bootstrap (${seen}). ` +
        'No other machine was asked.',
    );
  };
  await attempt.until(look, { limitMs, everyMs: lookEveryMs, late });
}

type Answer = BootstrapAnswer | { readonly lost: string };

async function send(access: CredentialedAccess, options: CallOptions): Promise<Answer> {
  try {
    return await sendBootstrap(access, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    switch (outcomeOf(error)) {
      case 'refused':
        throw error;
      case 'not sent':
        return { notYet: describeFailure(error) };
      case 'unknown':
        return { lost: describeFailure(error) };
    }
  }
}

/** Whether etcd's data may come from this very request. */
function mayHaveBegun(answer: Answer): boolean {
  return answer === 'accepted' || (typeof answer === 'object' && 'lost' in answer);
}

function describe(answer: Answer): string {
  if (answer === 'accepted' || answer === 'already') return accepted;
  return 'lost' in answer ? `nobody knows what became of it: ${answer.lost}` : answer.notYet;
}

const accepted = 'accepted, waiting for etcd';

function wasAccepted(last: string): boolean {
  return last === accepted;
}

/** Asked for its members, an etcd that does not run yet blocks; its service's state is told at once. */
async function membersOf(access: CredentialedAccess, signal: AbortSignal): Promise<string[]> {
  const options = { signal, timeoutMs: 3000 };
  const service = await etcdServiceState(access, options);
  if (service?.state !== 'Running') return [];
  return (await listEtcdMembers(access, options)).map(({ hostname }) => hostname);
}

function foundOldData(name: string): Failure {
  return new Failure(
    'BootstrapRefused',
    `${name}: its etcd has data already, though no bootstrap was sent in this run: EPHEMERAL was not wiped, or somebody else ` +
      'bootstrapped it. Nothing was changed. Look at `talosctl etcd members` there.',
  );
}
