import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../src/run/failure.ts';
import { type NodeCondition, describeCondition } from '../../src/run/node-condition.ts';
import { nameOf } from '../../src/talos/access.ts';
import { type KnownSet, observeNode } from '../../src/talos/probe.ts';

export interface WatchOptions {
  /**
   * Whether this is what is waited for. `foreign` never becomes anything else by itself: accept it, or throw from here.
   */
  readonly until: (condition: NodeCondition) => boolean;
  /** From the start of one handshake to the start of the next. */
  readonly intervalMs?: number;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly port?: number;
  /** The machine's name for messages. */
  readonly node?: string;
  /** What is waited for, for messages: `in maintenance mode`. */
  readonly waitingFor?: string;
  /** Told about every handshake's result. */
  readonly onSeen?: (condition: NodeCondition) => void;
}

/**
 * Watches a machine, one handshake every `intervalMs`, until it is in the wanted condition, and resolves with that
 * condition. At the deadline it fails with what was seen last: `NodeUnreachable`, or `UnexpectedCondition` if the
 * machine answers but is something else. On abort it throws `signal.reason`.
 */
export async function watchNode(
  address: string,
  sets: readonly KnownSet[],
  options: WatchOptions,
): Promise<NodeCondition> {
  const { until, intervalMs = 100, deadlineMs, signal, port, onSeen } = options;
  const endsAt = performance.now() + deadlineMs;
  for (;;) {
    const startedAt = performance.now();
    // A look that has begun is finished: one cut short by the deadline would call a slow machine unreachable.
    const condition = await observeNode(address, sets, { signal, ...(port === undefined ? {} : { port }) });
    onSeen?.(condition);
    if (until(condition)) return condition;
    const now = performance.now();
    if (now >= endsAt) throw deadlinePassed(address, options, condition);
    await pause(Math.min(startedAt + intervalMs, endsAt) - now, signal);
  }
}

/** Waits, but not past an abort, whose reason it throws as it is: the timer's own error would hide Temporal's. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(Math.max(0, ms), undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function deadlinePassed(address: string, options: WatchOptions, last: NodeCondition): Failure {
  const { node, waitingFor = 'in the wanted condition', deadlineMs } = options;
  const who = nameOf({ address, ...(node === undefined ? {} : { node }) });
  const seen = `${who}: not ${waitingFor} after ${Math.round(deadlineMs / 1000)} s; last seen ${describeCondition(last)}.`;
  return last.kind === 'unreachable'
    ? new Failure('NodeUnreachable', `${seen} Look at its screen, its power and its address.`, { details: { last } })
    : new Failure('UnexpectedCondition', seen, { details: { last } });
}
