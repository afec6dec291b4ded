import { randomBytes } from 'node:crypto';
import { isEnd } from './ended.ts';
import { KubernetesStore } from './kubernetes/store.ts';
import { VipElection } from './vip-election.ts';
import type { World } from './world.ts';

export interface EtcdMember {
  readonly id: bigint;
  /** The hostname at the time of joining; empty until the member has started for the first time. */
  name: string;
  readonly address: string;
  learner: boolean;
}

/** The content of a data directory: which member of which cluster it makes. */
export interface EtcdData {
  cluster: EtcdCluster;
  memberId: bigint;
}

/** A refusal by etcd, in its words. */
export class EtcdError extends Error {}

/**
 * One etcd cluster: members, leader, and what is stored in it: the objects of Kubernetes and the elections for virtual
 * IPs. It lives as long as the data directories of its members do.
 */
export class EtcdCluster {
  readonly id = randomId();
  readonly members = new Map<bigint, EtcdMember>();
  readonly store: KubernetesStore;
  readonly #running = new Set<bigint>();
  readonly #elections = new Map<string, VipElection>();
  readonly #world: World;
  readonly #electionMs: number;
  #leader: bigint | undefined;
  #electing = false;
  term = 1;
  readonly #createdAt: number;

  constructor(world: World, electionMs: number, store: KubernetesStore = new KubernetesStore()) {
    this.#world = world;
    this.#electionMs = electionMs;
    this.store = store;
    this.#createdAt = world.clock.now();
    store.subscribe(() => world.conditions.changed());
  }

  get leader(): EtcdMember | undefined {
    return this.#leader === undefined ? undefined : this.members.get(this.#leader);
  }

  /** Without a leader nothing is served: no reads, no writes, no leases. */
  get hasQuorum(): boolean {
    return this.#leader !== undefined;
  }

  /** Grows with every write; here with the objects' changes and with time. */
  get raftIndex(): number {
    return this.store.version + Math.floor((this.#world.clock.now() - this.#createdAt) / 500) + 10;
  }

  isRunning(memberId: bigint): boolean {
    return this.#running.has(memberId);
  }

  election(address: string): VipElection {
    const election = this.#elections.get(address) ?? new VipElection();
    this.#elections.set(address, election);
    return election;
  }

  /** The first member of a new cluster. */
  addFirst(name: string, address: string): EtcdMember {
    const member = { id: randomId(), name, address, learner: false };
    this.members.set(member.id, member);
    return member;
  }

  /** Adds a learner without a name, as a node does that wants to join. Throws {@link EtcdError} in etcd's words. */
  addLearner(address: string): EtcdMember {
    this.#assertQuorum();
    if ([...this.members.values()].some((one) => one.address === address))
      throw new EtcdError('etcdserver: Peer URLs already exists');
    if ([...this.members.values()].some((one) => one.learner)) {
      throw new EtcdError('etcdserver: too many learner members in cluster');
    }
    const member = { id: randomId(), name: '', address, learner: true };
    this.members.set(member.id, member);
    this.#world.conditions.changed();
    return member;
  }

  /** Makes a learner a voter, which needs it to run and so to be in sync. */
  promote(memberId: bigint): void {
    this.#assertQuorum();
    const member = this.members.get(memberId);
    if (member === undefined) throw new EtcdError('etcdserver: member not found');
    if (!member.learner) throw new EtcdError('etcdserver: can only promote a learner member');
    if (!this.#running.has(memberId))
      throw new EtcdError('etcdserver: can only promote a learner member which is in sync with leader');
    member.learner = false;
    this.#settle();
  }

  /** Takes a member away. A living one only as long as those that are left keep quorum. Throws {@link EtcdError}. */
  remove(memberId: bigint): EtcdMember {
    this.#assertQuorum();
    const member = this.members.get(memberId);
    if (member === undefined) throw new EtcdError('etcdserver: member not found');
    if (!member.learner && this.#running.has(memberId)) {
      const voters = this.#voters();
      const active = voters.filter((one) => this.#running.has(one.id)).length;
      if (active - 1 < 1 + Math.floor((voters.length - 1) / 2)) throw new EtcdError('etcdserver: unhealthy cluster');
    }
    this.members.delete(memberId);
    this.#running.delete(memberId);
    this.#settle();
    return member;
  }

  start(memberId: bigint, name: string): void {
    const member = this.members.get(memberId);
    if (member === undefined) return;
    member.name = name;
    this.#running.add(memberId);
    if (this.members.size === 1) this.#lead(memberId);
    this.#settle();
  }

  /** `graceful`: a leader hands over before it stops, so that no election is needed. */
  stop(memberId: bigint, graceful: boolean): void {
    if (!this.#running.delete(memberId)) return;
    const heir = graceful && this.#leader === memberId ? this.#electable() : undefined;
    if (heir !== undefined) this.#lead(heir);
    this.#settle();
  }

  /** Moves leadership to another running voter and returns its name; undefined when the member does not lead. */
  forfeit(memberId: bigint): string | undefined {
    if (this.members.size === 1) throw new EtcdError('cannot forfeit leadership, only one member');
    if (this.#leader !== memberId) return undefined;
    const heir = this.#voters().find((one) => one.id !== memberId && this.#running.has(one.id));
    if (heir === undefined) throw new EtcdError('etcdserver: bad leader transferee');
    this.#lead(heir.id);
    return heir.name;
  }

  #voters(): EtcdMember[] {
    return [...this.members.values()].filter((one) => !one.learner);
  }

  #assertQuorum(): void {
    if (!this.hasQuorum) throw new EtcdError('etcdserver: no leader');
  }

  /** The voter that would win, or undefined when there are too few for a quorum. */
  #electable(): bigint | undefined {
    const voters = this.#voters();
    const running = voters.filter((one) => this.#running.has(one.id));
    return running.length > voters.length / 2 ? running[0]?.id : undefined;
  }

  #lead(memberId: bigint): void {
    this.#leader = memberId;
    this.term += 1;
    // A new leader gives every lease its full time again, because it cannot know how much of it has passed.
    for (const election of this.#elections.values()) election.renew(this.#world.clock.now());
    this.#world.conditions.changed();
  }

  #settle(): void {
    this.#world.conditions.changed();
    const candidate = this.#electable();
    if (this.#leader !== undefined && (candidate === undefined || !this.#running.has(this.#leader)))
      this.#leader = undefined;
    if (candidate === undefined || this.#leader !== undefined || this.#electing) return;
    void this.#elect();
  }

  async #elect(): Promise<void> {
    this.#electing = true;
    try {
      await this.#world.clock.sleep(this.#electionMs, this.#world.signal);
      const winner = this.#electable();
      if (winner !== undefined && this.#leader === undefined) this.#lead(winner);
    } catch (error) {
      if (!isEnd(error)) throw error;
    } finally {
      this.#electing = false;
    }
  }
}

function randomId(): bigint {
  return randomBytes(8).readBigUInt64BE();
}
