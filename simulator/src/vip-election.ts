/** One node's place in the queue for a virtual IP: a key in etcd that lives as long as its lease. */
export interface Candidate {
  /** The key's value: the node's hostname. */
  readonly hostname: string;
  readonly enteredAt: number;
  readonly leaseMs: number;
  /** Set once nobody keeps the lease alive any more: when etcd deletes the key. */
  expiresAt: number | undefined;
}

/** The election for one virtual IP, `talos:v1:vip:election:<ip>`: who is first in the queue holds the address. */
export class VipElection {
  #queue: Candidate[] = [];

  first(now: number): Candidate | undefined {
    this.#queue = this.#queue.filter((one) => one.expiresAt === undefined || one.expiresAt > now);
    return this.#queue[0];
  }

  enter(hostname: string, now: number, leaseMs: number): Candidate {
    const candidate: Candidate = { hostname, enteredAt: now, leaseMs, expiresAt: undefined };
    this.#queue.push(candidate);
    return candidate;
  }

  /** Deletes the key at once: graceful. */
  resign(candidate: Candidate): void {
    this.#queue = this.#queue.filter((one) => one !== candidate);
  }

  /**
   * Nobody keeps the lease alive any more. It was renewed every third of its time, so between two
   * thirds and all of it is left.
   */
  abandon(candidate: Candidate, now: number): void {
    candidate.expiresAt = now + candidate.leaseMs - ((now - candidate.enteredAt) % (candidate.leaseMs / 3));
  }

  /** A node that comes back finds itself leading from before and makes place for a new election. */
  resignFormer(hostname: string, now: number): void {
    const leader = this.first(now);
    if (leader?.hostname === hostname) this.resign(leader);
  }

  /** Every abandoned lease has its full time again. */
  renew(now: number): void {
    for (const one of this.#queue) if (one.expiresAt !== undefined) one.expiresAt = now + one.leaseMs;
  }

  /** When the next abandoned lease will end, or undefined. */
  nextExpiry(now: number): number | undefined {
    const times = this.#queue.flatMap(({ expiresAt }) => (expiresAt !== undefined && expiresAt > now ? expiresAt : []));
    return times.length === 0 ? undefined : Math.min(...times);
  }
}
