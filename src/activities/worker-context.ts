import type { ClusterFolder } from '../cluster/folder.ts';
import type { Talosctl } from '../talos/access.ts';
import type { Sightings } from './sightings.ts';

/** What the activities of one worker share: the cluster's folder, the tools, one lock per machine, and what was seen of each. */
export interface WorkerContext {
  readonly folder: ClusterFolder;
  /** The talosctl for a minor version such as `1.13`; fails with `ToolMissing`. */
  readonly talosctl: (minor: string) => Promise<Talosctl>;
  readonly locks: MachineLocks;
  readonly sightings: Sightings;
}

/**
 * One lock per machine around look-and-act. Two attempts at the same step may be alive at once, after a suspended laptop or a false
 * heartbeat timeout; both must not act on one look.
 */
export class MachineLocks {
  readonly #tails = new Map<string, Promise<unknown>>();

  async hold<T>(address: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(address) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#tails.set(address, mine);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(address) === mine) this.#tails.delete(address);
    }
  }
}
