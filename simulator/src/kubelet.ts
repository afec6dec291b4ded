import type { Boot } from './boot.ts';
import type { KubernetesStore } from './kubernetes/store.ts';
import { pullImages } from './images.ts';

/** The kubelet: registers its node when an API server of its cluster answers, and keeps it ready as long as it runs. */
export async function runKubelet(boot: Boot, skipTo?: 'running'): Promise<void> {
  const { machine, services, userland } = boot;
  services.set('kubelet', 'Waiting', 'Waiting for service "cri" to be "up", time sync, network');
  await boot.until(() => boot.isCriRunning && boot.isTimeSynced, userland);
  services.set('kubelet', 'Preparing', 'Running pre state');
  if (skipTo === undefined) {
    await pullImages(boot, userland);
    await boot.pause('kubelet', userland);
  }
  services.run('kubelet', true);
  boot.update(() => (boot.isKubeletRunning = true));
  let registered: { name: string; store: KubernetesStore } | undefined;
  try {
    for (;;) {
      const store = await boot.until(() => reachableStore(boot), userland);
      const name = boot.hostname.toLowerCase();
      registered = { name, store };
      await register(boot, name, store, skipTo);
      await boot.until(() => boot.hostname.toLowerCase() !== name || isForeign(boot, store), userland);
    }
  } finally {
    boot.update(() => {
      boot.isKubeletRunning = false;
      boot.isNodeReady = false;
    });
    if (registered !== undefined) machine.task(miss(boot, registered.name, registered.store));
  }
}

async function register(boot: Boot, name: string, store: KubernetesStore, skipTo?: 'running'): Promise<void> {
  const { userland } = boot;
  const isReady = () => boot.configuration?.cluster.cni !== 'none' || store.podNetworkInstalled;
  const isKnown = store.get({ group: '', resource: 'nodes', namespace: '', name }) !== undefined;
  if (!isKnown && skipTo === undefined) await boot.pause('nodeRegister', userland);
  boot.update(() => (boot.isNodeRegistered = true));
  if (!isKnown && skipTo === undefined) {
    report(boot, name, store, false);
    await boot.until(isReady, userland);
    await boot.pause('nodeReady', userland);
  }
  await boot.until(isReady, userland);
  report(boot, name, store, true);
}

function report(boot: Boot, name: string, store: KubernetesStore, ready: boolean): void {
  const { machine, configuration } = boot;
  if (configuration === undefined) return;
  store.setNode(name, {
    ready,
    role: configuration.type,
    internalIp: machine.address,
    kubeletVersion: configuration.kubernetesVersion,
    osImage: `Talos (${machine.talosVersion})`,
  });
  boot.update(() => (boot.isNodeReady = ready));
  machine.world.journal.state(machine.name, 'node', ready ? 'ready' : 'not ready');
}

/** A node whose kubelet is not heard of for a while is no longer ready. */
async function miss(boot: Boot, name: string, store: KubernetesStore): Promise<void> {
  const { machine } = boot;
  const { world } = machine;
  await world.clock.sleep(machine.timings.nodeMonitorGrace, world.signal);
  if (machine.boot?.isKubeletRunning === true && machine.boot.isNodeReady) return;
  const node = store.get({ group: '', resource: 'nodes', namespace: '', name });
  if (node === undefined || boot.configuration === undefined) return;
  store.setNode(name, {
    ready: false,
    lost: true,
    role: boot.configuration.type,
    internalIp: machine.address,
    kubeletVersion: boot.configuration.kubernetesVersion,
    osImage: `Talos (${machine.talosVersion})`,
  });
  world.journal.state(machine.name, 'node', 'lost');
}

/** The store behind an API server of this node's cluster: its own where there is one, else any that answers. */
function reachableStore(boot: Boot): KubernetesStore | undefined {
  const ca = boot.configuration?.cluster.ca.certificate;
  const served = (one: Boot | undefined) =>
    one?.apiserver !== undefined &&
    one.etcd?.cluster.hasQuorum === true &&
    one.configuration?.cluster.ca.certificate === ca
      ? one.etcd.cluster.store
      : undefined;
  if (boot.isControlPlane && boot.etcd !== undefined) return served(boot);
  for (const machine of boot.machine.rack) {
    const store = served(machine.boot);
    if (store !== undefined) return store;
  }
  return undefined;
}

/** Whether the cluster that serves this node now is another one than it registered with. */
function isForeign(boot: Boot, store: KubernetesStore): boolean {
  const current = reachableStore(boot);
  return current !== undefined && current !== store;
}
