import { createHash, randomUUID } from 'node:crypto';
import { EventLog } from './event-log.ts';
import type { EtcdData } from './etcd-cluster.ts';
import { fields, textOf, type MachineConfiguration } from './machine-configuration.ts';
import { newNodeId } from './node-id.ts';
import { Ended, newEnd } from './ended.ts';
import type { Hardware } from './hardware.ts';
import type { Effect } from './journal.ts';
import { selects } from './selectors.ts';
import { Sequences } from './sequences.ts';
import { Services } from './services.ts';
import type { Stage } from './stages.ts';
import type { ApiListener } from './talos-api/api-listener.ts';
import type { Timings } from './timings.ts';

/** What a running kube-apiserver lets others do with it. */
export interface RunningApiserver {
  listenOn(address: string): Promise<void>;
  unlisten(address: string): Promise<void>;
}

/** What a boot knows of the machine that it runs on. */
export interface Host extends Hardware {
  /** What runs on it now. */
  readonly boot: Boot | undefined;
  /** The machines that its network reaches, itself among them. */
  readonly rack: readonly Host[];
  /** Without an effect of its own: the power is cut. */
  powerOff(effect?: Effect): void;
  /** The end of a reboot sequence. */
  restart(): void;
}

/** Talos on one machine from power-on to power-off: everything that is gone after a reboot. */
export class Boot {
  readonly machine: Host;
  /** `/proc/sys/kernel/random/boot_id` */
  readonly bootId = randomUUID();
  /** Wall clock, as all that the machine shows of time: to clients its own clock does not run faster. */
  readonly startedAt: number;
  readonly events = new EventLog();
  readonly services: Services;
  readonly sequences: Sequences;
  readonly kernelLog: { at: number; message: string }[] = [];
  /** The identity of a node without a STATE partition. */
  readonly temporaryNodeId = newNodeId();
  readonly #end = newEnd();
  readonly #userland = newEnd();
  #stage: Stage = 'booting';

  /** The active machine configuration. */
  configuration: MachineConfiguration | undefined;
  /** Undefined while port 50000 is closed. */
  api: ApiListener | undefined;
  isConfiguring = false;
  isTimeSynced = false;
  isNetworkUp = false;
  isCriRunning = false;
  isTrustdRunning = false;
  isKubeletRunning = false;
  /** Pods are being stopped: the node gives up its virtual IPs and its kube-apiserver. */
  isTearingDownPods = false;
  isNodeReady = false;
  isNodeRegistered = false;
  /** Set by the bootstrap API: the snapshot to recover from, or nothing but the wish to bootstrap. */
  bootstrapRequest: { snapshot: Buffer | undefined } | undefined;
  /** A snapshot that was uploaded for a recovery. */
  uploadedSnapshot: Buffer | undefined;
  /** The member that runs here. */
  etcd: EtcdData | undefined;
  apiserver: RunningApiserver | undefined;
  /** Virtual IPs that are assigned to this machine now, with the link that carries each. */
  readonly virtualIps = new Map<string, string>();
  /** How often it was made to give them up. */
  resignations = 0;

  constructor(machine: Host) {
    this.machine = machine;
    const { clock, conditions } = machine.world;
    this.startedAt = clock.wallNow();
    this.sequences = new Sequences(this);
    this.services = new Services(
      () => clock.wallNow(),
      (service) => {
        const { state, healthy, healthMessage, events } = service;
        const message = events.at(-1)?.message ?? '';
        this.publish('ServiceStateEvent', {
          service: service.id,
          action: state.toUpperCase(),
          message,
          health: { unknown: healthy === undefined, healthy: healthy === true, lastMessage: healthMessage },
        });
        this.log(`service[${service.id}](${state}): ${message}`);
        const value = healthy === true ? `${state}, healthy` : state;
        machine.world.journal.state(machine.name, `service/${service.id}`, value);
        conditions.changed();
      },
    );
    machine.world.signal.addEventListener('abort', () => this.end(), { once: true, signal: this.#end.signal });
  }

  /** Aborted when the machine loses power or reboots. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Aborted before that, when the services are stopped in order. */
  get userland(): AbortSignal {
    return this.#userland.signal;
  }

  get stage(): Stage {
    return this.#stage;
  }

  set stage(stage: Stage) {
    this.#stage = stage;
    this.announceStage();
  }

  announceStage(): void {
    this.machine.world.journal.state(this.machine.name, 'stage', this.#stage);
    this.machine.world.conditions.changed();
  }

  get isInMaintenance(): boolean {
    return this.configuration?.complete !== true;
  }

  get nodeId(): string {
    return this.machine.partition('STATE')?.state?.nodeId ?? this.temporaryNodeId;
  }

  /** Out of the configuration, or derived from the node's identity, which changes when STATE is wiped. */
  get hostname(): string {
    const configured = this.configuration?.hostname;
    if (configured !== undefined) return configured;
    const hash = createHash('sha256').update(this.nodeId).digest().readBigUInt64BE();
    const name = hash.toString(36).padStart(13, '0');
    return `talos-${name.slice(1, 4)}-${name.slice(4, 7)}`;
  }

  /** Where the machine is found on the network, or undefined. */
  get address(): string | undefined {
    return this.isInMaintenance ? this.machine.maintenanceAddress : this.machine.address;
  }

  get isControlPlane(): boolean {
    return this.configuration?.complete === true && this.configuration.type === 'controlplane';
  }

  /** Whether the link is there under that name. */
  hasLink(name: string): boolean {
    if (name === this.machine.link) return true;
    return (this.configuration?.documents ?? []).some(
      (document) =>
        document['kind'] === 'LinkAliasConfig' && document['name'] === name && this.#isLinkOf(document['selector']),
    );
  }

  #isLinkOf(selector: unknown): boolean {
    const mac = Buffer.from(this.machine.mac.replaceAll(':', ''), 'hex');
    const link = {
      hardware_addr: mac,
      permanent_addr: mac,
      alt_names: [`enx${mac.toString('hex')}`],
      driver: 'bcmgenet',
    };
    try {
      return selects(textOf(fields(selector)['match']), { link });
    } catch {
      return false;
    }
  }

  async pause(timing: keyof Timings, signal: AbortSignal = this.signal): Promise<void> {
    await this.machine.pause(timing, signal);
  }

  until<Value>(look: () => Value | undefined | false, signal: AbortSignal = this.signal): Promise<Value> {
    return this.machine.world.conditions.until(look, signal);
  }

  /** Changes something that others may be waiting for. */
  update(change: () => void): void {
    change();
    this.machine.world.conditions.changed();
  }

  publish(type: string, payload: Record<string, unknown>, actorId = ''): void {
    this.events.publish(type, payload, actorId, this.machine.world.clock.wallNow());
    this.machine.world.conditions.changed();
  }

  log(message: string): void {
    this.kernelLog.push({ at: this.machine.world.clock.wallNow(), message });
    if (this.kernelLog.length > 2000) this.kernelLog.shift();
  }

  /** Stops kubelet, etcd and whatever else runs beside machined and the API. */
  stopUserland(): void {
    this.#userland.abort(new Ended('the services of this machine were stopped'));
    for (const id of ['cri', 'etcd', 'kubelet', 'trustd']) this.services.stop(id);
    this.update(() => {
      this.isCriRunning = false;
      this.isTrustdRunning = false;
    });
  }

  /** Power off: nothing that runs here gets a chance to say goodbye. */
  end(): void {
    if (this.signal.aborted) return;
    const reason = new Ended('this machine has no power any more');
    this.#end.abort(reason);
    this.#userland.abort(reason);
    this.api?.destroy();
    this.api = undefined;
  }
}
