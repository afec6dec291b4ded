import type { Happening } from './happening.ts';
import { type StateHistory, byMachine, byUs, missing } from './state-history.ts';
import type { WipedMachine } from './tear-down.ts';

export interface NewCluster {
  /** All that has to be before the VIP's holder may be rebooted. */
  readonly whole: readonly Happening[];
  readonly controlPlanes: readonly ControlPlane[];
}

export interface ControlPlane extends Configured {
  readonly kubelet: Happening;
  readonly voter: Happening;
  readonly etcdHealthy: Happening;
  readonly server: Happening;
  readonly signer: Happening;
  readonly ready: Happening;
}

interface Configured extends WipedMachine {
  readonly applied: Happening;
  readonly clock: Happening;
  readonly cri: Happening;
  readonly kubelet: Happening;
}

const healthy = ['Running, healthy'];

/** From maintenance mode to a cluster in which everything runs. */
export function buildUp(history: StateHistory, machines: readonly WipedMachine[]): NewCluster {
  const configured = machines.map((machine) => configure(history, machine));
  const controlPlanes = formEtcd(
    history,
    configured.filter(({ role }) => role === 'controlplane'),
  );
  const firstServer = earliest(controlPlanes.map(({ server }) => server));
  const firstSigner = earliest(controlPlanes.map(({ signer }) => signer));
  const workers = configured
    .filter(({ role }) => role === 'worker')
    .flatMap(({ name, applied, kubelet }) => [
      byMachine(history.get([name], 'api', ['configured'], applied.at), 'has its certificate', [applied, firstSigner]),
      byMachine(history.get([name], 'node', ['ready'], applied.at), 'node Ready', [kubelet, firstServer]),
    ]);
  const parts = controlPlanes.flatMap(({ ready, voter, server }) => [ready, voter, server]);
  return { whole: [virtualIp(history, controlPlanes), ...parts, ...workers], controlPlanes };
}

/**
 * A machine takes its configuration, which it could be given the moment it is in maintenance mode and the
 * point of no return is passed.
 */
function configure(history: StateHistory, machine: WipedMachine): Configured {
  const { name, maintenance, release } = machine;
  const accepted = history.get([name], 'stage', ['booting'], maintenance.at);
  const applied = byUs(accepted, 'configuration applied', [maintenance, ...release]);
  const clock = byMachine(history.get([name], 'time', ['in sync'], maintenance.at), 'clock in sync', [maintenance]);
  const cri = byMachine(history.get([name], 'service/cri', healthy, applied.at), 'CRI runs', [applied]);
  const kubelet = byMachine(history.get([name], 'service/kubelet', healthy, applied.at), 'kubelet runs', [cri, clock]);
  return { ...machine, applied, clock, cri, kubelet };
}

/** One control plane is bootstrapped; the others join it, each after the one before has become a voter. */
function formEtcd(history: StateHistory, machines: readonly Configured[]): ControlPlane[] {
  const names = machines.map(({ name }) => name);
  const since = Math.min(...machines.map(({ applied }) => applied.at));
  const bootstrapped = history.effect(names, 'bootstrapped', since) ?? missing(names, 'a bootstrap');
  const voters: Happening[] = [];
  const ofMachine = (machine: Configured): ControlPlane => {
    const { name, applied, cri, clock } = machine;
    const prepared = byMachine(history.get([name], 'etcd', ['prepared'], applied.at), 'images pulled', [cri, clock]);
    const api = byMachine(history.get([name], 'api', ['configured'], applied.at), 'API under the new set', [applied]);
    const member = ((): Happening => {
      // Asked in time, the machine bootstraps itself at once when its images are there.
      if (name === bootstrapped.machine) return byUs(bootstrapped, 'bootstrapped', [api, prepared]);
      const joined = history.effect([name], 'joined-etcd', applied.at) ?? missing([name], 'joining etcd');
      return byMachine(joined, 'joins etcd', [prepared, ...voters.filter(({ at }) => at <= joined.at)]);
    })();
    const started = history.get([name], 'etcd', ['voter', 'learner'], member.at);
    const runs = byMachine(started, 'etcd runs', [member]);
    const voter =
      started.value === 'voter'
        ? runs
        : byMachine(history.get([name], 'etcd', ['voter'], started.at), 'etcd is a voter', [runs]);
    voters.push(voter);
    const etcdHealthy = byMachine(history.get([name], 'service/etcd', healthy, started.at), 'etcd healthy', [runs]);
    const server = byMachine(history.get([name], 'apiserver', ['up'], applied.at), 'API server up', [
      machine.kubelet,
      etcdHealthy,
    ]);
    const signer = byMachine(history.get([name], 'service/trustd', healthy, applied.at), 'trustd runs', [api]);
    const ready = byMachine(history.get([name], 'node', ['ready'], applied.at), 'node Ready', [server]);
    return { ...machine, voter, etcdHealthy, server, signer, ready };
  };
  const order = (name: string): number =>
    name === bootstrapped.machine ? 0 : (history.effect([name], 'joined-etcd', since)?.at ?? Infinity);
  return machines.toSorted((a, b) => order(a.name) - order(b.name)).map(ofMachine);
}

/** The first to have etcd and a kubelet gets the address. */
function virtualIp(history: StateHistory, controlPlanes: readonly ControlPlane[]): Happening {
  const names = controlPlanes.map(({ name }) => name);
  const since = Math.min(...controlPlanes.map(({ applied }) => applied.at));
  const held = history.get(names, 'vip', ['held'], since);
  const holder = controlPlanes.filter(({ name }) => name === held.machine);
  const needs = holder.flatMap(({ etcdHealthy, kubelet }) => [etcdHealthy, kubelet]);
  return byMachine(held, 'holds the VIP', needs);
}

function earliest(happenings: readonly Happening[]): Happening {
  return happenings.reduce((first, next) => (next.at < first.at ? next : first));
}
