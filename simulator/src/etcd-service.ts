import type { Boot } from './boot.ts';
import { EtcdCluster, EtcdError, type EtcdData } from './etcd-cluster.ts';
import { storeFromSnapshot } from './etcd-snapshot.ts';
import { pullImages } from './images.ts';

/**
 * etcd on one control plane: it waits for a bootstrap or for a cluster to join, runs as a member, and asks to be
 * promoted as long as it is a learner. With data from before it simply goes on.
 */
export async function runEtcd(boot: Boot, skipTo?: 'running'): Promise<void> {
  const { machine, services, userland } = boot;
  const { journal } = machine.world;
  try {
    journal.state(machine.name, 'etcd', 'waiting');
    await prerequisites(boot);
    services.set('etcd', 'Preparing', 'Running pre state');
    if (skipTo === undefined) await pullImages(boot, userland);
    journal.state(machine.name, 'etcd', 'prepared');
    for (;;) {
      const data = machine.ephemeral?.etcd ?? (await firstData(boot));
      if (skipTo === undefined) await boot.pause('etcdStart', userland);
      await runMember(boot, data, skipTo);
    }
  } finally {
    const data = boot.etcd;
    boot.update(() => (boot.etcd = undefined));
    data?.cluster.stop(data.memberId, !boot.signal.aborted);
    journal.state(machine.name, 'etcd', 'stopped');
  }
}

/** As Talos does, says of these only what is still missing. */
async function prerequisites(boot: Boot): Promise<void> {
  const missing = (): string =>
    [
      ...(boot.isCriRunning ? [] : ['service "cri" to be "up"']),
      ...(boot.isTimeSynced ? [] : ['time sync']),
      ...(boot.isNetworkUp ? [] : ['network']),
    ].join(', ');
  for (let told = missing(); told !== ''; told = missing()) {
    boot.services.set('etcd', 'Waiting', `Waiting for ${told}`);
    await boot.until(() => missing() !== told, boot.userland);
  }
}

/** Waits for what comes first: a bootstrap of this node, or a cluster that takes it in. */
async function firstData(boot: Boot): Promise<EtcdData> {
  const { machine, userland } = boot;
  for (;;) {
    if (boot.bootstrapRequest !== undefined) return bootstrap(boot);
    const data = tryToJoin(boot);
    if (data !== undefined) return data;
    const end = new AbortController();
    const signal = AbortSignal.any([userland, end.signal]);
    try {
      await Promise.race([
        boot.until(() => boot.bootstrapRequest !== undefined, signal),
        boot.pause('etcdJoinRetry', signal),
      ]);
    } finally {
      end.abort();
    }
    if (boot.bootstrapRequest === undefined)
      boot.log(`[talos] etcd is waiting to join the cluster: ${machine.address}`);
  }
}

function bootstrap(boot: Boot): EtcdData {
  const { machine } = boot;
  const snapshot = boot.bootstrapRequest?.snapshot;
  const store = snapshot === undefined ? undefined : storeFromSnapshot(snapshot);
  const cluster = new EtcdCluster(machine.world, machine.timings.etcdElection, store);
  const member = cluster.addFirst(boot.hostname, machine.address);
  const data = { cluster, memberId: member.id };
  boot.update(() => (boot.bootstrapRequest = undefined));
  keep(boot, data);
  machine.record('bootstrapped', { hostname: boot.hostname, recovered: snapshot !== undefined });
  return data;
}

/** A node without data first removes a member of its own name, then adds itself as a learner. */
function tryToJoin(boot: Boot): EtcdData | undefined {
  const { machine } = boot;
  const cluster = reachableCluster(boot);
  if (cluster === undefined) return undefined;
  try {
    for (const member of cluster.members.values()) if (member.name === boot.hostname) cluster.remove(member.id);
    const member = cluster.addLearner(machine.address);
    const data = { cluster, memberId: member.id };
    keep(boot, data);
    machine.record('joined-etcd', { hostname: boot.hostname });
    return data;
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    boot.log(`[talos] retrying error: error adding member: ${error.message}`);
    return undefined;
  }
}

/** The etcd of another control plane of the same cluster, with the same etcd CA. */
function reachableCluster(boot: Boot): EtcdCluster | undefined {
  for (const other of boot.machine.rack) {
    const there = other.boot;
    if (other === boot.machine || there?.etcd === undefined || !there.isControlPlane) continue;
    const isSame =
      there.configuration?.cluster.etcdCa === boot.configuration?.cluster.etcdCa &&
      there.configuration?.cluster.id === boot.configuration?.cluster.id;
    if (isSame && there.etcd.cluster.hasQuorum) return there.etcd.cluster;
  }
  return undefined;
}

function keep(boot: Boot, data: EtcdData): void {
  const { ephemeral } = boot.machine;
  if (ephemeral !== undefined) ephemeral.etcd = data;
}

/** Runs until the member is removed from its cluster: then etcd refuses to start and is tried again for ever. */
async function runMember(boot: Boot, data: EtcdData, skipTo?: 'running'): Promise<void> {
  const { machine, services, userland } = boot;
  const { cluster, memberId } = data;
  const { journal } = machine.world;
  if (cluster.members.has(memberId)) {
    cluster.start(memberId, boot.hostname);
    boot.update(() => (boot.etcd = data));
    services.set('etcd', 'Running', 'Started task etcd (PID 2913) for container etcd');
    journal.state(machine.name, 'etcd', cluster.members.get(memberId)?.learner === true ? 'learner' : 'voter');
    const end = new AbortController();
    const signal = AbortSignal.any([userland, end.signal]);
    machine.task(promote(boot, data, signal));
    machine.task(checkHealth(boot, data, signal, skipTo));
    try {
      await boot.until(() => !cluster.members.has(memberId) || machine.ephemeral?.etcd !== data, userland);
    } finally {
      end.abort();
    }
    boot.update(() => (boot.etcd = undefined));
  }
  journal.state(machine.name, 'etcd', 'removed');
  if (machine.ephemeral?.etcd === undefined) {
    services.set('etcd', 'Finished', 'Service finished successfully');
    await boot.until(() => boot.bootstrapRequest !== undefined, userland);
    return;
  }
  services.set(
    'etcd',
    'Waiting',
    'Error running Containerd(etcd), going to restart forever: task "etcd" failed: exit code 1',
  );
  await boot.until(() => machine.ephemeral?.etcd !== data, userland);
}

async function promote(boot: Boot, { cluster, memberId }: EtcdData, signal: AbortSignal): Promise<void> {
  const { machine } = boot;
  while (cluster.members.get(memberId)?.learner === true) {
    await boot.pause('etcdPromoteRetry', signal);
    try {
      cluster.promote(memberId);
      machine.record('promoted', { hostname: boot.hostname });
      machine.world.journal.state(machine.name, 'etcd', 'voter');
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      boot.log(`[talos] retrying promotion: ${error.message}`);
    }
  }
}

async function checkHealth(
  boot: Boot,
  { cluster, memberId }: EtcdData,
  signal: AbortSignal,
  skipTo?: 'running',
): Promise<void> {
  if (skipTo === undefined) await boot.pause('etcdHealthCheck', signal);
  for (;;) {
    const isHealthy = cluster.hasQuorum && cluster.members.has(memberId);
    boot.services.setHealth('etcd', isHealthy, isHealthy ? '' : 'context deadline exceeded');
    await boot.until(() => (cluster.hasQuorum && cluster.members.has(memberId)) !== isHealthy, signal);
  }
}
