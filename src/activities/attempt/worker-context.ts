import type { ClusterFolder } from '../../cluster/folder.ts';
import type { Talosctl } from '../../talos/access.ts';
import { atMost } from '../../talos/at-most.ts';
import type { Gate } from '../../talos/at-most.ts';
import type { Sightings } from './sightings.ts';

/**
 * What the activities of one worker share: the cluster's folder, the tools, one lock per machine,
 * and what was seen of each.
 */
export interface WorkerContext {
  readonly folder: ClusterFolder;
  /** The talosctl for a minor version such as `1.13`; fails with `ToolMissing`. */
  readonly talosctl: (minor: string) => Promise<Talosctl>;
  readonly locks: MachineLocks;
  readonly sightings: Sightings;
  /** Fires with `WorkerStops` when this worker is to end: what only waits leaves then, what was begun is finished. */
  readonly stopping?: AbortSignal;
}

/** The worker is to end. Whatever waited for a machine is left to the next worker. */
export class WorkerStops extends Error {
  override readonly name = 'WorkerStops';

  constructor() {
    super('The worker was stopped. The next one looks at the machine and goes on from there.');
  }
}

/**
 * One lock per machine around look-and-act. Two attempts at the same activity may be alive at once, after a suspended
 * laptop or a false heartbeat timeout; both must not act on one look.
 */
export class MachineLocks {
  readonly #gates = new Map<string, Gate>();

  /** A caller that is aborted while it waits leaves the queue with `signal.reason`. */
  async hold<T>(address: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const gate = this.#gates.get(address) ?? atMost(1);
    this.#gates.set(address, gate);
    return gate(work, signal);
  }
}
