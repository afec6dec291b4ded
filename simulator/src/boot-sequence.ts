import type { Boot } from './boot.ts';
import { announce } from './discovery.ts';
import { runEtcd } from './etcd-service.ts';
import { runKubeApiserver } from './kube-apiserver.ts';
import { runKubelet } from './kubelet.ts';
import { parseMachineConfiguration } from './machine-configuration.ts';
import { newNodeId } from './node-id.ts';
import { machineStatus, stageNumber } from './resources/runtime-resources.ts';
import { openConfiguredApi, openMaintenanceApi } from './talos-api/apid.ts';
import { runVirtualIps } from './virtual-ips.ts';
import { provisionUserVolumes } from './volumes.ts';

/**
 * What Talos does from power-on until everything runs: with a configuration on its STATE partition it boots,
 * without one it waits in maintenance mode. `skipTo: 'running'` leaves out the waiting, for machines that are
 * running when a lab begins.
 */
export async function runBoot(boot: Boot, skipTo?: 'running'): Promise<void> {
  const { machine } = boot;
  if (skipTo === undefined) await boot.pause('boot');
  boot.log(`[talos] Talos ${machine.talosVersion} boot`);
  for (const id of ['machined', 'udevd', 'auditd', 'syslogd', 'containerd'])
    boot.services.run(id, id !== 'udevd' && id !== 'syslogd');
  machine.task(syncTime(boot, skipTo));
  publishStatus(boot);

  await boot.sequences.run('initialize', (step) =>
    step('config', 'loadConfig', (signal) => loadConfiguration(boot, signal, skipTo)),
  );
  if (machine.systemDisk === undefined) await install(boot);

  machine.task(openConfiguredApi(boot, skipTo));
  machine.task(runTrustd(boot, skipTo));
  machine.task(announce(boot));
  await boot.sequences.run('boot', async (step) => {
    await step('ephemeral', 'mountEphemeralPartition', (signal) => mountVolumes(boot, signal, skipTo));
    startDaemons(boot, skipTo);
    await step('startEverything', 'startAllServices', (signal) => servicesUp(boot, signal));
  });
  boot.stage = 'running';
}

async function loadConfiguration(boot: Boot, signal: AbortSignal, skipTo?: 'running'): Promise<void> {
  const { machine } = boot;
  const stored = machine.partition('STATE')?.state?.configuration;
  if (stored !== undefined) boot.update(() => (boot.configuration = parseMachineConfiguration(stored)));
  if (!boot.isInMaintenance) {
    boot.update(() => (boot.isNetworkUp = true));
    return;
  }
  if (machine.maintenanceAddress !== undefined) {
    if (skipTo === undefined) await boot.pause('maintenanceApi', signal);
    boot.update(() => (boot.isNetworkUp = true));
    boot.stage = 'maintenance';
    await openMaintenanceApi(boot);
  } else boot.stage = 'maintenance';
  boot.log(`[talos] this machine is reachable at: ${machine.maintenanceAddress ?? 'no address'}`);
  await boot.until(() => !boot.isInMaintenance, signal);
  boot.stage = 'booting';
  boot.update(() => (boot.isNetworkUp = true));
  await boot.pause('maintenanceApiEnd', signal);
  await boot.api?.close();
}

/** Writes Talos to the disk that the configuration names, and reboots into it. Never returns. */
async function install(boot: Boot): Promise<void> {
  const { machine, configuration } = boot;
  await boot.sequences.run('install', async (step) => {
    boot.stage = 'installing';
    await step('install', 'install', async (signal) => {
      await boot.pause('install', signal);
      const disk = machine.disks.find((one) => one.devPath === configuration?.installDisk) ?? machine.disks[0];
      if (disk === undefined) throw new Error('no disk to install to');
      disk.writeTalos();
      if (configuration !== undefined) disk.state(newNodeId).configuration = configuration.text;
      machine.record('installed', { disk: disk.devPath });
    });
    await step('reboot', 'reboot', (signal) => boot.pause('sync', signal));
    machine.restart();
  });
}

/** Tells watchers of events whenever the machine's status is another one. */
function publishStatus(boot: Boot): void {
  let last = '';
  const publish = () => {
    const { stage, status } = machineStatus(boot);
    const next = JSON.stringify({ stage, status });
    if (next === last) return;
    last = next;
    boot.publish('MachineStatusEvent', { stage: stageNumber(stage), status });
  };
  publish();
  boot.machine.world.conditions.observe(publish, boot.signal);
}

async function syncTime(boot: Boot, skipTo?: 'running'): Promise<void> {
  const { name, world } = boot.machine;
  world.journal.state(name, 'time', 'not in sync');
  await boot.until(() => boot.isNetworkUp && (skipTo !== undefined || boot.machine.reachesTimeServers));
  if (skipTo === undefined) await boot.pause('timeSync');
  world.journal.state(name, 'time', 'in sync');
  boot.update(() => (boot.isTimeSynced = true));
}

async function runTrustd(boot: Boot, skipTo?: 'running'): Promise<void> {
  if (!boot.isControlPlane) return;
  await boot.until(() => boot.api !== undefined, boot.userland);
  if (skipTo === undefined) await boot.pause('trustd', boot.userland);
  boot.services.run('trustd', true);
  boot.update(() => (boot.isTrustdRunning = true));
}

async function mountVolumes(boot: Boot, signal: AbortSignal, skipTo?: 'running'): Promise<void> {
  const { machine } = boot;
  if (skipTo === undefined) await boot.pause('cri', signal);
  machine.systemDisk?.state(newNodeId);
  const volume = machine.systemDisk?.ephemeral();
  if (skipTo !== undefined && volume !== undefined) volume.imagesPulled = true;
  provisionUserVolumes(boot);
}

function startDaemons(boot: Boot, skipTo?: 'running'): void {
  const { machine } = boot;
  boot.services.run('cri', true);
  boot.update(() => (boot.isCriRunning = true));
  machine.task(runKubelet(boot, skipTo));
  if (!boot.isControlPlane) return;
  machine.task(runEtcd(boot, skipTo));
  machine.task(runKubeApiserver(boot, skipTo));
  machine.task(runVirtualIps(boot));
}

async function servicesUp(boot: Boot, signal: AbortSignal): Promise<void> {
  const wanted = boot.isControlPlane ? ['apid', 'cri', 'kubelet', 'trustd', 'etcd'] : ['apid', 'cri', 'kubelet'];
  await boot.until(() => wanted.every((id) => boot.services.isHealthy(id)), signal);
}
