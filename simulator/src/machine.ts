import { Boot, type Host } from './boot.ts';
import { runBoot } from './boot-sequence.ts';
import { Hardware, type MachineSpec } from './hardware.ts';
import type { Effect } from './journal.ts';
import type { Stage } from './stages.ts';
import type { Timings } from './timings.ts';
import type { World } from './world.ts';

export type MachineStage = Stage | 'off' | 'bricked';

/** Hardware that can be powered, and the boot that runs on it while it is. */
export class Machine extends Hardware implements Host {
  boot: Boot | undefined;
  isBricked = false;
  readonly rack: readonly Machine[];

  /** `rack`: all machines of the lab, this one among them as soon as it is put there. */
  constructor(spec: MachineSpec, world: World, rack: readonly Machine[], timings?: Partial<Timings>) {
    super(spec, world, timings);
    this.rack = rack;
  }

  get stage(): MachineStage {
    if (this.isBricked) return 'bricked';
    return this.boot?.stage ?? 'off';
  }

  powerOn(): void {
    if (this.boot !== undefined || this.isBricked) return;
    this.record('powered-on');
    this.start();
  }

  /** The power is cut, and stays so. */
  powerOff(effect: Effect = 'powered-off'): void {
    if (this.boot === undefined) return;
    this.record(effect);
    this.#end();
  }

  /** The power is cut, and comes back at once. */
  crash(): void {
    if (this.boot === undefined) return;
    this.record('crashed');
    this.#end();
    this.start();
  }

  /** The end of a reboot sequence. */
  restart(): void {
    this.record('rebooted');
    this.#end();
    this.start();
  }

  /** Writes a fresh Talos image to the first disk, as a person does with the SD card of a machine that is bricked. */
  reflash(): void {
    this.#end();
    this.isBricked = false;
    this.disks[0]?.writeTalos();
    this.start();
  }

  /** Begins a boot, if there is something to boot from. */
  start(skipTo?: 'running'): void {
    if (this.bootsFromDisk && !this.disks.some((disk) => disk.isBootable)) {
      this.isBricked = true;
      this.record('bricked');
      this.world.journal.state(this.name, 'stage', 'bricked');
      this.world.conditions.changed();
      return;
    }
    const boot = new Boot(this);
    this.boot = boot;
    boot.announceStage();
    this.task(runBoot(boot, skipTo));
  }

  /** Ends what runs and waits until nothing is left of it. */
  async stop(): Promise<void> {
    this.#end();
    await this.tasksEnded();
  }

  #end(): void {
    const { boot } = this;
    this.boot = undefined;
    boot?.end();
    const { journal } = this.world;
    journal.state(this.name, 'stage', 'off');
    journal.state(this.name, 'api', 'closed');
    this.world.conditions.changed();
  }
}
