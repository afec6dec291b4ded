import type { Clock } from './clock.ts';
import { isMethod } from './journal.ts';
import { StatusError } from './kubernetes/status.ts';

/** Something that goes wrong with calls of one method. */
export interface FaultRule {
  /** Only on this machine. */
  machine?: string;
  /** A method of the journal, with or without its service: `Reset`, `State/Get`, `kubernetes:GET`. */
  method: string;
  /** Before the machine acts, or after it acted and before it answers. */
  phase: 'before' | 'after';
  action: FaultAction;
  /** How many calls it lets through first; none when left out. */
  skip?: number;
  /** How many calls it hits; all of them when left out. */
  times?: number;
}

/**
 * `refuse`: a gRPC status, by number. `status`: an HTTP status of the Kubernetes API. `delayMs`: simulated. `drop`: the
 * connection breaks. `hang`: no answer, ever.
 */
export type FaultAction =
  | { refuse: { code: number; message: string } }
  | { status: number; message: string }
  | { delayMs: number }
  | { drop: true }
  | { hang: true };

/** A rule that is in force. Calling it takes the rule away again. */
export interface InjectedFault {
  (): void;
  readonly rule: FaultRule;
  /** How many calls it has hit so far. */
  readonly hits: number;
}

/** A call as it passes: once before the machine acts, once after it acted and before it answers. */
export interface PassingCall {
  readonly machine: string;
  /** As in the journal. */
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly phase: 'before' | 'after';
}

/** Sees every call at both phases and may hold it up; `drop` cuts the connection there and then. */
export type CallWatcher = (call: PassingCall) => Promise<'go on' | 'drop'>;

/** The connection that carried the call is to be cut. */
export class DroppedConnection extends Error {}

/** A call is refused with this gRPC status instead of what the machine would say. */
export class RefusedCall extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export class Faults {
  readonly #rules: { rule: FaultRule; toSkip: number; left: number; hits: number }[] = [];
  readonly #watchers = new Set<CallWatcher>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a rule. What is returned takes it away again. */
  inject(rule: FaultRule): InjectedFault {
    const entry = { rule, toSkip: rule.skip ?? 0, left: rule.times ?? Number.POSITIVE_INFINITY, hits: 0 };
    this.#rules.push(entry);
    const end = (): void => void (entry.left = 0);
    return Object.defineProperties(end as InjectedFault, {
      rule: { value: rule },
      hits: { get: () => entry.hits },
    });
  }

  /** Lets a watcher see every call, before the rules act on it. The returned function takes it away again. */
  watch(watcher: CallWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  clear(): void {
    this.#rules.length = 0;
  }

  /**
   * Lets watchers and rules act on a call. Rejects with {@link RefusedCall} or {@link DroppedConnection},
   * or hangs until the signal.
   */
  async act(call: PassingCall, signal: AbortSignal): Promise<void> {
    const { machine, method, phase } = call;
    for (const watcher of this.#watchers)
      if ((await watcher(call)) === 'drop') throw new DroppedConnection('a watcher dropped the connection');
    for (const entry of this.#rules) {
      const { rule } = entry;
      if (entry.left <= 0 || rule.phase !== phase || !isMethod(method, rule.method)) continue;
      if (rule.machine !== undefined && rule.machine !== machine) continue;
      if (entry.toSkip > 0) {
        entry.toSkip -= 1;
        continue;
      }
      entry.left -= 1;
      entry.hits += 1;
      await this.#apply(rule.action, signal);
    }
  }

  async #apply(action: FaultAction, signal: AbortSignal): Promise<void> {
    if ('refuse' in action) throw new RefusedCall(action.refuse.code, action.refuse.message);
    if ('status' in action) throw new StatusError(action.status, 'Fault', action.message);
    if ('drop' in action) throw new DroppedConnection('fault: connection dropped');
    if ('delayMs' in action) await this.#clock.sleep(action.delayMs, signal);
    if ('hang' in action) {
      await new Promise((_resolve, reject) => {
        if (signal.aborted) reject(signal.reason);
        else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
  }
}
