import { knownSets } from '../../cluster/known-sets.ts';
import type { KnownSet } from '../../cluster/known-sets.ts';
import { minorOf } from '../../cluster/versions.ts';
import type { Timeouts } from '../../run/cluster-definition.ts';
import { Failure } from '../../run/failure.ts';
import type { MachineIdentity } from '../../run/machine-identity.ts';
import { identityDifferences } from '../../run/machine-identity.ts';
import type { NodeCondition } from '../../run/node-condition.ts';
import { describeCondition } from '../../run/node-condition.ts';
import type { Access, CredentialAccess, MachineAddress, Talosctl } from '../../talos/access.ts';
import { readIdentity } from '../../talos/identity.ts';
import { observeNode } from '../../talos/probe.ts';
import { clusterOf, pathOf } from '../attempt/run-files.ts';
import type { Attempt } from '../attempt/attempt.ts';

/** What is needed to deal with a machine. */
export interface MachineNode {
  readonly name: string;
  readonly address: string;
  /** Where it answers in maintenance mode, if not at `address`. */
  readonly maintenanceAddress?: string;
  readonly timeouts: Timeouts;
}

export type CredentialedAccess = MachineAddress & CredentialAccess;

/** A machine's condition, and the address at which it was seen. */
export interface Sighting {
  readonly condition: NodeCondition;
  readonly address: string;
}

export interface MachineWatch {
  readonly until: (condition: NodeCondition) => boolean;
  readonly limitMs: number;
  /** For heartbeats and failures: `maintenance mode`. */
  readonly waitingFor: string;
}

const lookEveryMs = 100;

/** How long a machine may take to answer when nothing has been done to it, in ms. */
const patienceMs = 15_000;

/** One machine as an activity deals with it: looks at it, waits for it, gets in. */
export class Machine {
  readonly node: MachineNode;
  readonly talosctl: Talosctl;
  readonly #attempt: Attempt;
  readonly #sets: readonly KnownSet[];

  private constructor(attempt: Attempt, node: MachineNode, talosctl: Talosctl, sets: readonly KnownSet[]) {
    this.#attempt = attempt;
    this.node = node;
    this.talosctl = talosctl;
    this.#sets = sets;
  }

  static async open(attempt: Attempt, node: MachineNode): Promise<Machine> {
    const { talos, talosconfig } = await clusterOf(attempt);
    const [talosctl, sets] = await Promise.all([
      attempt.worker.talosctl(minorOf(talos.version)),
      knownSets(attempt.worker.folder, talosconfig),
    ]);
    return new Machine(attempt, node, talosctl, sets);
  }

  /** One handshake; a second one at the address that the machine has in maintenance mode, if that is another. */
  async look(): Promise<Sighting> {
    const sighting = await this.#look();
    const { sightings } = this.#attempt.worker;
    sightings.note(pathOf(this.#attempt), this.node.name, describeCondition(sighting.condition));
    return sighting;
  }

  async #look(): Promise<Sighting> {
    const { address, maintenanceAddress = address } = this.node;
    const condition = await observeNode(address, this.#sets, { signal: this.#attempt.signal });
    if (condition.kind !== 'unreachable' || maintenanceAddress === address) return { condition, address };
    const elsewhere = await observeNode(maintenanceAddress, this.#sets, { signal: this.#attempt.signal });
    return elsewhere.kind === 'maintenance'
      ? { condition: elsewhere, address: maintenanceAddress }
      : { condition, address };
  }

  /**
   * Looks until the machine answers: a busy one may miss a handshake, and one that is on its
   * way may be away for so long.
   */
  async answering(awayForMs = 0): Promise<Sighting> {
    const until = ({ kind }: NodeCondition): boolean => kind !== 'unreachable';
    const limitMs = Math.max(patienceMs, awayForMs);
    return this.waitUntil({ until, limitMs, waitingFor: 'a state in which it answers' });
  }

  /** Looks until the machine is as wanted; a machine of a foreign cluster is never waited through. */
  async waitUntil({ until, limitMs, waitingFor }: MachineWatch): Promise<Sighting> {
    let condition: NodeCondition = { kind: 'unreachable', reason: 'not looked at yet' };
    const look = async (): Promise<Sighting | undefined> => {
      const sighting = await this.look();
      ({ condition } = sighting);
      this.say(`${describeCondition(condition)}, waiting for ${waitingFor}`);
      if (until(condition)) return sighting;
      if (condition.kind === 'foreign') throw this.foreign();
      return undefined;
    };
    const late = (): never => {
      throw this.tooLate(condition, waitingFor, limitMs);
    };
    return this.#attempt.until(look, { limitMs, everyMs: lookEveryMs, late });
  }

  /** How to get in, by what was seen. */
  access(sighting: Sighting): Access {
    const { condition, address } = sighting;
    if (condition.kind !== 'maintenance') return this.credentials(sighting);
    return {
      talosctl: this.talosctl,
      address,
      node: this.node.name,
      insecure: true,
      fingerprint: condition.fingerprint,
    };
  }

  /** How to get into a configured machine: with the talosconfig of a set under which it runs. */
  credentials({ condition, address }: Sighting): CredentialedAccess {
    const { name } = this.node;
    switch (condition.kind) {
      case 'running': {
        const { sets } = condition;
        const known = this.#sets.find((set) => sets.includes(set.name) && set.talosconfig !== undefined);
        if (known?.talosconfig === undefined) throw this.withoutCredentials(sets);
        return { talosctl: this.talosctl, address, node: name, talosconfig: known.talosconfig };
      }
      case 'foreign':
        throw this.foreign();
      case 'maintenance':
        throw new Failure('UnexpectedCondition', `${name}: is in maintenance mode, so it has nothing to tell.`);
      case 'unreachable':
        throw new Failure('NodeUnreachable', `${name}: does not answer at ${address} (${condition.reason}).`);
    }
  }

  /** Under the new set's credentials, whichever other set shares its CA. */
  accessUnder(set: string): CredentialedAccess {
    const known = this.#sets.find(({ name, talosconfig }) => name === set && talosconfig !== undefined);
    if (known?.talosconfig === undefined) throw this.withoutCredentials([set]);
    return {
      talosctl: this.talosctl,
      address: this.node.address,
      node: this.node.name,
      talosconfig: known.talosconfig,
    };
  }

  /**
   * Reads the machine's identity and refuses any other machine than the planned one; nothing has been sent to it then.
   */
  async assertIdentity(access: Access, planned: MachineIdentity): Promise<void> {
    const seen = await readIdentity(access, { signal: this.#attempt.signal });
    const differences = identityDifferences(planned, seen);
    if (differences.length === 0) return;
    throw new Failure(
      'WrongMachine',
      `${this.node.name}: another machine answers at ${access.address}: ${differences.join('; ')}. ` +
        'Nothing was sent to it. Correct the address, or plan again if the machine was replaced.',
      { details: { planned, seen } },
    );
  }

  /** Refuses to tell an old cluster from a new one when the old one's set is gone: what is wiped would look like what was built. */
  assertKnown(set: string): void {
    if (this.#sets.some(({ name }) => name === set)) return;
    throw new Failure(
      'FilesDamaged',
      `${this.node.name}: comes from set ${set}, which is not in the cluster's folder any more: nobody can tell what it runs. Nothing was ` +
        'sent to it. Bring the set back, then retry.',
    );
  }

  say(seeing: string): void {
    this.#attempt.say(`${this.node.name}: ${seeing}`);
  }

  foreign(): Failure {
    return new Failure(
      'ForeignCluster',
      `${this.node.name}: the machine at ${this.node.address} belongs to a cluster that this folder does not know. Nothing was ` +
        'sent to it. Correct the address, or put that cluster’s talosconfig into the folder if it is yours.',
    );
  }

  private withoutCredentials(sets: readonly string[]): Failure {
    return new Failure(
      'CredentialsRefused',
      `${this.node.name}: runs under set ${sets.join(' = ')}, which has no talosconfig. Put one with role os:admin there.`,
    );
  }

  private tooLate(condition: NodeCondition, waitingFor: string, limitMs: number): Failure {
    return new Failure(
      condition.kind === 'unreachable' ? 'NodeUnreachable' : 'NotYet',
      `${this.node.name}: not in ${waitingFor} after ${Math.round(limitMs / 1000)} s: it is ${describeCondition(condition)}.`,
    );
  }
}

/** Whether a machine runs under a set, or under another one with the same CA. */
export function runsUnder(condition: NodeCondition, set: string): boolean {
  return condition.kind === 'running' && condition.sets.includes(set);
}

/** Whether a machine runs under a set, and under no other that could be mistaken for it. */
export function runsOnlyUnder(condition: NodeCondition, set: string): boolean {
  return condition.kind === 'running' && condition.sets.every((one) => one === set);
}
