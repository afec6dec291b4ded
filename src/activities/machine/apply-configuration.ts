import { setTimeout as sleep } from 'node:timers/promises';
import { sha256OfFile } from '../../cluster/checksums.ts';
import { configurationOf, setNamed } from '../../cluster/sets.ts';
import { describeFailure } from '../../run/words/failure-report.ts';
import { Failure, isFailure } from '../../run/failure.ts';
import { describeCondition } from '../../run/node-condition.ts';
import type { NodeCondition } from '../../run/node-condition.ts';
import type { PlannedNode } from '../../run/plan/plan.ts';
import type { MachineWay } from '../../run/machine-way.ts';
import { applyConfiguration as sendConfiguration } from '../../talos/apply-configuration.ts';
import { outcomeOf } from '../../talos/errors.ts';
import { Machine, runsUnder } from './machine.ts';
import type { Sighting } from './machine.ts';
import { recordNode } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

/**
 * A request or its answer was lost, and the machine has not moved: after this time it gets its configuration
 * again, which does no harm.
 */
const resendAfterMs = 5000;

/** After a look at which nothing could be sent, in ms. */
const againAfterMs = 500;

/** What an attempt writes down when it sends a configuration. */
const sending = 'configuration sent';

/**
 * Gives a machine in maintenance mode its new configuration. May run again at any moment: it is sent only to the
 * planned hardware and only in maintenance mode. Resolves when the machine has left maintenance mode.
 */
export async function applyConfiguration(attempt: Attempt, way: MachineWay): Promise<void> {
  await giveConfiguration(attempt, way, await Machine.open(attempt, way.node));
}

/** Gives a machine the approved configuration of the new set, as often as it is found in maintenance mode. */
export async function giveConfiguration(attempt: Attempt, { node, to }: MachineWay, machine: Machine): Promise<void> {
  const file = configurationOf(setNamed(attempt.worker.folder, to), node.name);
  await intoConfiguration(attempt, machine, {
    node,
    file,
    isThere: (condition) => runsUnder(condition, to),
    beforeSending: async () => {
      await assertUnchanged(file, node);
      await recordNode(attempt, node.name, 'appliedAt');
    },
  });
}

export interface Configuring {
  readonly node: PlannedNode;
  /** The complete machine configuration. */
  readonly file: string;
  /** Whether the machine runs this configuration already. */
  readonly isThere: (condition: NodeCondition) => boolean;
  readonly beforeSending: () => Promise<void>;
}

/**
 * Sends a configuration to a machine in maintenance mode and waits until it has left that mode. The
 * configuration carries the cluster's keys: it goes out pinned to the certificate that the machine showed before
 * and after its identity was read.
 */
export async function intoConfiguration(attempt: Attempt, machine: Machine, configuring: Configuring): Promise<void> {
  const { node, isThere } = configuring;
  const sentAt = attempt.markedAt(sending);
  let wasSent = sentAt !== undefined;
  let isUnsent = false;
  const endsAt = Date.now() + attempt.remainingMs(node.timeouts.applyMs);
  if (sentAt !== undefined) {
    // An attempt that was stopped sent it a moment ago: the machine takes seconds to leave, and need not get it twice.
    await machine.waitUntil({
      until: (seen) => seen.kind !== 'maintenance' || Date.now() > sentAt + resendAfterMs,
      limitMs: node.timeouts.applyMs,
      waitingFor: 'another state than maintenance mode',
    });
  }
  for (;;) {
    const { condition } = await machine.waitUntil({
      until: (seen) => seen.kind === 'maintenance' || isThere(seen) || (wasSent && seen.kind === 'unreachable'),
      limitMs: node.timeouts.applyMs,
      waitingFor: 'maintenance mode',
    });
    if (condition.kind !== 'maintenance') return;
    const send = (): ReturnType<typeof sendPinned> => sendPinned(attempt, machine, configuring);
    const sent = await attempt.worker.locks.hold(node.address, send, attempt.signal);
    if ('unsent' in sent) {
      if (Date.now() > endsAt && isUnsent) throw sent.unsent;
      isUnsent = true;
      await sleep(againAfterMs, undefined, { signal: attempt.signal });
      continue;
    }
    wasSent = true;
    isUnsent = false;
    // The machine takes seconds to leave; should it reboot into maintenance mode with another
    // certificate, it is sent again.
    const resendAt = sent.isAccepted ? Infinity : Date.now() + resendAfterMs;
    const said = sent.said === undefined ? '' : ` (its configuration was not accepted: ${sent.said})`;
    const left = await machine.waitUntil({
      until: (seen) => fingerprintOf(seen) !== sent.fingerprint || Date.now() > resendAt,
      limitMs: node.timeouts.applyMs,
      waitingFor: `another state than maintenance mode${said}`,
    });
    if (left.condition.kind !== 'maintenance') return;
    machine.say(`still or again ${describeCondition(left.condition)}`);
  }
}

/** The certificate to which a configuration went out, and whether the machine said yes. */
interface Sent {
  readonly fingerprint: string;
  readonly isAccepted: boolean;
  /** Why it is not known whether the machine took the configuration. */
  readonly said?: string;
}

/** Why a machine has got nothing; it is looked at again, as long as there is time. */
interface Unsent {
  readonly unsent: Error;
}

/** Reads the machine's identity once more, and sends the configuration to it if it is still the same machine. */
async function sendPinned(
  attempt: Attempt,
  machine: Machine,
  { node, file, beforeSending }: Configuring,
): Promise<Sent | Unsent> {
  return attempt.lookAndAct(
    async () => {
      const before = await machine.look();
      if (before.condition.kind === 'maintenance') await machine.assertIdentity(machine.access(before), node.identity);
      return { before, after: await machine.look() };
    },
    async ({ before, after }) => {
      const fingerprint = fingerprintOf(after.condition);
      if (fingerprint === undefined || fingerprint !== fingerprintOf(before.condition))
        return { unsent: restless(node) };
      await beforeSending();
      attempt.mark(sending);
      machine.say('applying the configuration');
      const answer = await send(attempt, machine, after, file);
      return 'unsent' in answer ? answer : { fingerprint, ...answer };
    },
    node.timeouts.applyMs,
  );
}

/** An answer that was lost proves nothing, nor does a machine that is busy: what the machine does next decides. */
async function send(
  attempt: Attempt,
  machine: Machine,
  sighting: Sighting,
  file: string,
): Promise<Omit<Sent, 'fingerprint'> | Unsent> {
  try {
    const timeoutMs = attempt.remainingMs(machine.node.timeouts.applyMs);
    await sendConfiguration(machine.access(sighting), file, { signal: attempt.signal, timeoutMs });
    return { isAccepted: true };
  } catch (error) {
    attempt.signal.throwIfAborted();
    const outcome = outcomeOf(error);
    if (outcome === 'unknown' || isFailure(error, 'NotYet')) return { isAccepted: false, said: describeFailure(error) };
    if (outcome === 'not sent' && isFailure(error, 'NodeUnreachable')) return { unsent: error };
    throw error;
  }
}

function restless({ name, address }: PlannedNode): Failure {
  return new Failure(
    'UnexpectedCondition',
    `${name}: is another one each time it is looked at, or starts again and again; its configuration was not sent. Look whether two machines have the ` +
      `address ${address}, and at its console.`,
  );
}

function fingerprintOf(condition: NodeCondition): string | undefined {
  return condition.kind === 'maintenance' ? condition.fingerprint : undefined;
}

/** Fails with `FilesDamaged` if the file is not the configuration that was approved. */
export async function assertUnchanged(file: string, node: PlannedNode): Promise<void> {
  const sha256 = await sha256OfFile(file);
  if (sha256 === node.configurationSha256) return;
  throw new Failure(
    'FilesDamaged',
    `${node.name}: its configuration ${file} is not the approved one any more. It was not applied. Restore the file, or plan again.`,
  );
}
