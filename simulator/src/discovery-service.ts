import type { Clock } from './clock.ts';

/** A node as it makes itself known to the others of its cluster. */
export interface Affiliate {
  nodeId: string;
  hostname: string;
  address: string;
  machineType: 'controlplane' | 'worker';
  operatingSystem: string;
}

interface Entry extends Affiliate {
  expiresAt: number;
}

/**
 * The public service through which the nodes of a cluster find each other. It forgets a silent
 * node only after half an hour.
 */
export class DiscoveryService {
  readonly #clusters = new Map<string, Map<string, Entry>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  announce(clusterId: string, affiliate: Affiliate, ttlMs: number): void {
    const cluster = this.#clusters.get(clusterId) ?? new Map<string, Entry>();
    this.#clusters.set(clusterId, cluster);
    cluster.delete(affiliate.nodeId);
    cluster.set(affiliate.nodeId, { ...affiliate, expiresAt: this.#clock.now() + ttlMs });
  }

  members(clusterId: string): Affiliate[] {
    const cluster = this.#clusters.get(clusterId);
    return cluster === undefined ? [] : [...cluster.values()].filter((entry) => entry.expiresAt > this.#clock.now());
  }
}
