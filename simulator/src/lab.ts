import { Clock } from './clock.ts';
import { Conditions } from './conditions.ts';
import { DiscoveryService } from './discovery-service.ts';
import { EtcdCluster } from './etcd-cluster.ts';
import { Faults } from './faults.ts';
import { assertUsable } from './loopback.ts';
import { Journal } from './journal.ts';
import { parseMachineConfiguration } from './machine-configuration.ts';
import { newNodeId } from './node-id.ts';
import { Ended, newEnd } from './ended.ts';
import type { MachineSpec } from './hardware.ts';
import { Machine, type MachineStage } from './machine.ts';
import type { Timings } from './timings.ts';
import type { World } from './world.ts';

export {
  Faults,
  type CallWatcher,
  type FaultAction,
  type FaultRule,
  type InjectedFault,
  type PassingCall,
} from './faults.ts';
export {
  isMethod,
  Journal,
  type Effect,
  type EffectEntry,
  type JournalEntry,
  type RequestEntry,
  type StateAspect,
  type StateEntry,
} from './journal.ts';
export { reserveLoopbackSubnet, type LoopbackSubnet } from './loopback.ts';
export type { DiskSpec, PartitionSpec, Transport } from './disks.ts';
export type { MachineSpec } from './hardware.ts';
export type { MachineStage } from './machine.ts';
export { raspberryPi, type Timings } from './timings.ts';

export interface LabOptions {
  machines: MachineSpec[];
  /** Simulated seconds per wall second. Default 1. */
  speed?: number;
  /** Other durations than those of a Raspberry Pi, in simulated milliseconds. */
  timings?: Partial<Timings>;
}

/** What is true of a machine at this moment, for tests to look at. */
export interface Inspection {
  stage: MachineStage;
  isBricked: boolean;
  hostname: string | undefined;
  bootId: string | undefined;
  /** The active configuration, whole. */
  configuration: string | undefined;
  api: 'closed' | 'maintenance' | 'configured';
  etcd: 'none' | 'waiting' | 'learner' | 'voter' | 'stopped';
  /** Names of the members of this machine's etcd cluster; empty without one. */
  etcdMembers: string[];
  isEtcdLeader: boolean;
  virtualIps: string[];
  isApiserverUp: boolean;
  isNodeReady: boolean;
  disks: { devPath: string; serial: string; partitions: { label: string; files: Record<string, string> }[] }[];
}

/** One machine of a lab, as someone who stands in front of it sees it. */
export interface LabMachine {
  readonly name: string;
  readonly address: string;
  inspect(): Inspection;
  /** Another machine stands at that address from now on: its parts have other identities. */
  swapIdentity(identity: { serial?: string; mac?: string; diskSerial?: string }): void;
  /** Pulls a disk out, with all that is on it. */
  unplugDisk(devPath: string): void;
  /** The kernel gives its link another name, as another version or firmware may. */
  renameLink(link: string): void;
  /**
   * The time servers answer it, or not: without them it does not know the time after its next
   * boot, or still after this one.
   */
  reachTimeServers(reaches: boolean): void;
  /** It gives its virtual IPs up, as after a lost session of the election, and queues for them again. */
  resignVirtualIps(): void;
  /** Makes this machine slower or faster than the others. */
  setTimings(timings: Partial<Timings>): void;
  /** Cuts the power. */
  powerOff(): void;
  powerOn(): void;
  /** Cuts the power for a moment: the machine boots again at once, without having said goodbye. */
  crash(): void;
  /** Writes a fresh Talos image to the first disk and powers the machine on: the way out for one that is bricked. */
  reflash(): void;
}

export interface Lab {
  readonly journal: Journal;
  readonly faults: Faults;
  readonly machines: readonly LabMachine[];
  /** Simulated seconds per wall second. */
  readonly speed: number;
  /** Throws when there is no machine of that name. */
  machine(name: string): LabMachine;
  /**
   * Brings the machines that were given a configuration into a healthy cluster at once, without the API: etcd formed by
   * all its control planes, nodes Ready.
   */
  bootstrapOldCluster(machineName: string): Promise<void>;
  /**
   * Resolves when the condition holds, which is looked at after every change in the lab. Rejects after
   * `timeoutMs` (wall clock).
   */
  until(condition: () => boolean, timeoutMs?: number): Promise<void>;
  /** Ends everything: no port, timer or process is left. */
  close(): Promise<void>;
}

/**
 * Starts simulated machines. Rejects when an address or a configuration cannot be used. They are powered on and boot:
 * into maintenance mode, or with the configuration they were given.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  await assertUsable(
    options.machines.map(({ address }) => address),
    50_000,
  );
  for (const { name, configuration } of options.machines)
    if (configuration !== undefined) assertBootable(name, configuration);
  const clock = new Clock(options.speed ?? 1);
  const conditions = new Conditions();
  const end = newEnd();
  const world: World = {
    clock,
    conditions,
    journal: new Journal(
      () => clock.wallNow(),
      () => conditions.changed(),
    ),
    faults: new Faults(clock),
    discovery: new DiscoveryService(clock),
    signal: end.signal,
  };
  const rack: Machine[] = [];
  for (const spec of options.machines) rack.push(new Machine(spec, world, rack, options.timings));
  const lab = new RunningLab(world, rack, end);
  for (const machine of rack) machine.start();
  return lab;
}

class RunningLab implements Lab {
  readonly journal: Journal;
  readonly faults: Faults;
  readonly machines: readonly LabMachine[];
  readonly speed: number;
  readonly #world: World;
  readonly #rack: readonly Machine[];
  readonly #end: AbortController;

  constructor(world: World, rack: readonly Machine[], end: AbortController) {
    this.#world = world;
    this.#rack = rack;
    this.#end = end;
    this.journal = world.journal;
    this.faults = world.faults;
    this.speed = world.clock.speed;
    this.machines = rack.map(handleOf);
  }

  machine(name: string): LabMachine {
    const machine = this.machines.find((one) => one.name === name);
    if (machine === undefined)
      throw new Error(`the lab has no machine ${name}; it has ${this.machines.map((one) => one.name).join(', ')}`);
    return machine;
  }

  async bootstrapOldCluster(machineName: string): Promise<void> {
    this.machine(machineName);
    const configured = this.#rack.filter((machine) => machine.partition('STATE')?.state?.configuration !== undefined);
    const first = configured.find(({ name }) => name === machineName);
    if (first === undefined)
      throw new Error(`${machineName} was given no configuration, so there is no cluster to begin with`);
    await Promise.all(configured.map((machine) => machine.stop()));
    joinAll(first, configured);
    for (const machine of configured) machine.start('running');
    await this.until(() => configured.every(isReady));
  }

  async until(condition: () => boolean, timeoutMs = 60_000): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), timeoutMs);
    try {
      await this.#world.conditions.until(condition, AbortSignal.any([this.#end.signal, late.signal]));
    } catch (error) {
      if (this.#end.signal.aborted) throw error;
      const stages = this.#rack.map((machine) => `${machine.name} ${machine.stage}`).join(', ');
      throw new Error(`after ${timeoutMs} ms it is still not so: ${String(condition)}; machines: ${stages}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#end.abort(new Ended('the lab was closed'));
    await Promise.all(this.#rack.map((machine) => machine.stop()));
  }
}

function assertBootable(name: string, configuration: string): void {
  try {
    if (parseMachineConfiguration(configuration).complete) return;
  } catch (error) {
    throw new Error(`${name}: the given machine configuration is none: ${(error as Error).message}`, { cause: error });
  }
  throw new Error(
    `${name}: the given machine configuration has no main document, so the machine could not boot with it`,
  );
}

/** Writes the data of one etcd cluster to the disks of all its control planes. */
function joinAll(first: Machine, machines: Machine[]): void {
  const configurationOf = (machine: Machine) =>
    parseMachineConfiguration(machine.partition('STATE')?.state?.configuration ?? '');
  const ca = configurationOf(first).machineCa.certificate;
  const cluster = new EtcdCluster(first.world, first.timings.etcdElection);
  for (const machine of machines) {
    const { type, machineCa } = configurationOf(machine);
    machine.systemDisk?.state(newNodeId);
    const ephemeral = machine.systemDisk?.ephemeral();
    if (ephemeral !== undefined) ephemeral.imagesPulled = true;
    if (type !== 'controlplane' || machineCa.certificate !== ca || ephemeral === undefined) continue;
    ephemeral.etcd = { cluster, memberId: cluster.addFirst('', machine.address).id };
  }
}

function isReady({ boot }: Machine): boolean {
  return (
    boot?.isNodeReady === true && boot.stage === 'running' && (!boot.isControlPlane || boot.apiserver !== undefined)
  );
}

function handleOf(machine: Machine): LabMachine {
  return {
    name: machine.name,
    address: machine.address,
    inspect: () => inspect(machine),
    swapIdentity: ({ serial, mac, diskSerial }) => {
      machine.serial = serial ?? machine.serial;
      machine.mac = mac ?? machine.mac;
      const [disk] = machine.disks;
      if (disk !== undefined) disk.serial = diskSerial ?? disk.serial;
      machine.world.conditions.changed();
    },
    unplugDisk: (devPath) => {
      machine.disks.splice(0, machine.disks.length, ...machine.disks.filter((disk) => disk.devPath !== devPath));
      machine.world.conditions.changed();
    },
    renameLink: (link) => {
      machine.link = link;
      machine.world.conditions.changed();
    },
    reachTimeServers: (reaches) => {
      machine.reachesTimeServers = reaches;
      machine.world.conditions.changed();
    },
    resignVirtualIps: () => {
      const { boot } = machine;
      boot?.update(() => (boot.resignations += 1));
    },
    setTimings: (timings) => {
      machine.timings = { ...machine.timings, ...timings };
    },
    powerOff: () => machine.powerOff(),
    powerOn: () => machine.powerOn(),
    crash: () => machine.crash(),
    reflash: () => machine.reflash(),
  };
}

function inspect(machine: Machine): Inspection {
  const { boot } = machine;
  const member = boot?.etcd?.cluster.members.get(boot.etcd.memberId);
  const waiting = boot?.services.get('etcd') === undefined ? 'none' : boot.userland.aborted ? 'stopped' : 'waiting';
  return {
    stage: machine.stage,
    isBricked: machine.isBricked,
    hostname: boot?.hostname,
    bootId: boot?.bootId,
    configuration: boot?.configuration?.text,
    api: boot?.api === undefined ? 'closed' : boot.api.isMaintenance ? 'maintenance' : 'configured',
    etcd: member === undefined ? waiting : member.learner ? 'learner' : 'voter',
    etcdMembers: [...(boot?.etcd?.cluster.members.values() ?? [])].map(({ name }) => name),
    isEtcdLeader: member !== undefined && boot?.etcd?.cluster.leader === member,
    virtualIps: [...(boot?.virtualIps.keys() ?? [])],
    isApiserverUp: boot?.apiserver !== undefined,
    isNodeReady: boot?.isNodeReady === true,
    disks: machine.disks.map(({ devPath, serial, partitions }) => ({
      devPath,
      serial,
      partitions: partitions.map(({ label, files }) => ({ label, files: { ...files } })),
    })),
  };
}
