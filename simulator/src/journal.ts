/**
 * What a machine was asked to do. Arguments are essentials only; keys, tokens and configurations are never among them.
 */
export interface RequestEntry {
  at: number;
  machine: string;
  kind: 'request';
  /** Service and method: `MachineService/Reset`, `State/Get`, `kubernetes:GET`. */
  method: string;
  /**
   * Roles of the caller: `os:admin`; `os:reader` for everyone in maintenance mode; the user's
   * name for the Kubernetes API.
   */
  role: string;
  args: Record<string, unknown>;
  /** `OK` or the name of a gRPC status, once it is answered. Of requests to the Kubernetes API it is not known. */
  answer?: string;
}

/** Something that happened to a machine and cannot be taken back. */
export interface EffectEntry {
  at: number;
  machine: string;
  kind: 'effect';
  effect: Effect;
  details: Record<string, unknown>;
}

export type Effect =
  | 'applied'
  | 'staged'
  | 'installed'
  | 'wiped'
  | 'wiped-disk'
  | 'bricked'
  | 'rebooted'
  | 'shut-down'
  | 'crashed'
  | 'powered-on'
  | 'powered-off'
  | 'bootstrapped'
  | 'joined-etcd'
  | 'promoted'
  | 'left-etcd'
  | 'removed-from-etcd'
  | 'vip-acquired'
  | 'vip-released'
  | 'sequence-dropped'
  | 'sequence-canceled'
  | 'sequence-failed';

export type StateAspect =
  | 'stage'
  | 'api'
  | 'time'
  | 'etcd'
  | 'vip'
  | 'apiserver'
  | 'node'
  | 'hostname'
  /** A service by its id: its state, and whether it is healthy where that is checked: `Running`, `Running, healthy`. */
  | `service/${string}`;

/** One aspect of a machine has another value from now on. */
export interface StateEntry {
  at: number;
  machine: string;
  kind: 'state';
  aspect: StateAspect;
  /** For `stage`: off, bricked, or a stage of `machinestatus`. */
  value: string;
}

/** `at` is in wall clock milliseconds since the epoch, fractional. */
export type JournalEntry = RequestEntry | EffectEntry | StateEntry;

type Unrecorded<Entry> = Entry extends JournalEntry ? Omit<Entry, 'at'> : never;

/** Everything that was asked of the machines and everything that happened to them, in order. */
export class Journal {
  readonly entries: JournalEntry[] = [];
  readonly #now: () => number;
  readonly #changed: () => void;
  readonly #values = new Map<string, string>();
  readonly #listeners = new Set<(entry: JournalEntry) => void>();

  /** `now` tells the wall clock's time; `changed` is called after every entry. */
  constructor(now: () => number, changed: () => void) {
    this.#now = now;
    this.#changed = changed;
  }

  /**
   * Calls back with every entry from now on, and with a request once more when it is answered; returns how to end that.
   */
  subscribe(listener: (entry: JournalEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  record<Entry extends Unrecorded<JournalEntry>>(entry: Entry): Entry & { at: number } {
    const recorded = { at: this.#now(), ...entry };
    this.entries.push(recorded);
    for (const listener of this.#listeners) listener(recorded);
    this.#changed();
    return recorded;
  }

  /** Adds its answer to a request that was recorded. */
  answer(request: RequestEntry, answer: string): void {
    request.answer = answer;
    for (const listener of this.#listeners) listener(request);
  }

  /** Records a state only where it differs from the last one. */
  state(machine: string, aspect: StateAspect, value: string): void {
    const key = `${machine}/${aspect}`;
    if (this.#values.get(key) === value) return;
    this.#values.set(key, value);
    this.record({ machine, kind: 'state', aspect, value });
  }

  /**
   * Requests, of one machine and one method where given. A method may be given without its
   * service, in any case: `reset`.
   */
  requests(machine?: string, method?: string): RequestEntry[] {
    return this.entries.filter(
      (entry) =>
        entry.kind === 'request' &&
        (machine === undefined || entry.machine === machine) &&
        (method === undefined || isMethod(entry.method, method)),
    ) as RequestEntry[];
  }

  effects(machine?: string, effect?: Effect): EffectEntry[] {
    return this.entries.filter(
      (entry) =>
        entry.kind === 'effect' &&
        (machine === undefined || entry.machine === machine) &&
        (effect === undefined || entry.effect === effect),
    ) as EffectEntry[];
  }

  states(machine?: string, aspect?: StateAspect): StateEntry[] {
    return this.entries.filter(
      (entry) =>
        entry.kind === 'state' &&
        (machine === undefined || entry.machine === machine) &&
        (aspect === undefined || entry.aspect === aspect),
    ) as StateEntry[];
  }
}

/** Whether `wanted` names the method: whole (`MachineService/Reset`) or without its service (`reset`). */
export function isMethod(method: string, wanted: string): boolean {
  const [full, short] = [method.toLowerCase(), wanted.toLowerCase()];
  return full === short || full.slice(full.indexOf('/') + 1) === short;
}
