import { createHash } from 'node:crypto';
import { Disk, uuidFrom, type DiskSpec, type EphemeralVolume, type Partition } from './disks.ts';
import { isEnd } from './ended.ts';
import type { Effect } from './journal.ts';
import { newNodeId } from './node-id.ts';
import { raspberryPi, type Timings } from './timings.ts';
import type { World } from './world.ts';

/** A machine as it stands in the rack. Everything but name and address has a default. */
export interface MachineSpec {
  /** The lab's name for the machine, used in the journal. Not the hostname. */
  name: string;
  /** 127.x.y.z: the Talos API is on port 50000, a control plane's kube-apiserver on 6443. */
  address: string;
  prefixLength?: number;
  link?: string;
  /** Defaults are derived from the name. An empty serial is one that the board does not tell. */
  mac?: string;
  serial?: string;
  uuid?: string;
  talosVersion?: string;
  systemDisk?: DiskSpec;
  extraDisks?: DiskSpec[];
  /** Whether Talos is on the system disk. Without it the machine boots from other media. */
  installed?: boolean;
  /** A machine configuration to boot with instead of into maintenance mode. */
  configuration?: string;
  /** `configuration`: the address is there only as long as the machine is configured. */
  addressSource?: 'dhcp' | 'configuration';
  /**
   * Where a machine without a configuration is found instead; by default at `address`, or
   * nowhere (see `addressSource`).
   */
  maintenanceAddress?: string;
}

/** What is there of a machine without power: its parts, and what is on its disks. */
export class Hardware {
  readonly name: string;
  readonly address: string;
  readonly prefixLength: number;
  link: string;
  reachesTimeServers = true;
  readonly talosVersion: string;
  /** Undefined: without a configuration the machine cannot be reached. */
  readonly maintenanceAddress: string | undefined;
  readonly world: World;
  readonly disks: Disk[];
  readonly uuid: string;
  mac: string;
  serial: string;
  timings: Timings;
  protected readonly bootsFromDisk: boolean;
  readonly #tasks = new Set<Promise<void>>();

  constructor(spec: MachineSpec, world: World, timings: Partial<Timings> = {}) {
    const hash = createHash('sha256').update(spec.name).digest('hex');
    this.name = spec.name;
    this.address = spec.address;
    this.prefixLength = spec.prefixLength ?? 24;
    this.link = spec.link ?? 'end0';
    this.talosVersion = spec.talosVersion ?? 'v1.13.9';
    const isFromDhcp = (spec.addressSource ?? 'dhcp') === 'dhcp';
    this.maintenanceAddress = spec.maintenanceAddress ?? (isFromDhcp ? spec.address : undefined);
    this.world = world;
    this.mac = spec.mac ?? `dc:a6:32:${hash.slice(0, 2)}:${hash.slice(2, 4)}:${hash.slice(4, 6)}`;
    this.serial = spec.serial ?? `10000000${hash.slice(0, 8)}`;
    this.uuid = spec.uuid ?? uuidFrom(`machine/${spec.name}`);
    this.timings = { ...raspberryPi, ...timings };
    const systemDisk = new Disk(
      spec.systemDisk ?? {
        devPath: '/dev/mmcblk0',
        sizeBytes: 63_864_569_856,
        model: 'SD64G',
        serial: `0x${hash.slice(8, 16)}`,
        transport: 'mmc',
      },
    );
    this.disks = [systemDisk, ...(spec.extraDisks ?? []).map((disk) => new Disk(disk))];
    this.bootsFromDisk = spec.installed ?? true;
    if (this.bootsFromDisk) systemDisk.writeTalos();
    if (spec.configuration !== undefined) systemDisk.state(newNodeId).configuration = spec.configuration;
    world.journal.state(this.name, 'stage', 'off');
  }

  /** The disk that Talos is installed on. */
  get systemDisk(): Disk | undefined {
    return this.disks.find((disk) => disk.isInstalled);
  }

  /** The system disk's partition of that label. */
  partition(label: string): Partition | undefined {
    return this.systemDisk?.partition(label);
  }

  get ephemeral(): EphemeralVolume | undefined {
    return this.partition('EPHEMERAL')?.ephemeral;
  }

  record(effect: Effect, details: Record<string, unknown> = {}): void {
    this.world.journal.record({ machine: this.name, kind: 'effect', effect, details });
  }

  /** Simulated waiting, as long as this machine's timings say. */
  async pause(timing: keyof Timings, signal: AbortSignal): Promise<void> {
    await this.world.clock.sleep(this.timings[timing], signal);
  }

  /** Runs something on behalf of the machine until it is done; being aborted is a normal end. */
  task(work: Promise<void>): void {
    const task = work.catch((error: unknown) => {
      if (!isEnd(error)) throw error;
    });
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }

  /** Resolves when nothing that was begun on behalf of the machine goes on any more. */
  protected async tasksEnded(): Promise<void> {
    await Promise.all(this.#tasks);
  }
}
