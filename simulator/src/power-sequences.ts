import type { Boot } from './boot.ts';
import { volumesOf } from './volumes.ts';
import type { Disk } from './disks.ts';
import { EtcdError } from './etcd-cluster.ts';
import { SequenceFailure, type Step } from './sequences.ts';

/** Reboots in order: pods first, so that virtual IPs and leadership are handed over. `force` cuts all that short. */
export function launchReboot(boot: Boot, actorId: string, mode: 'DEFAULT' | 'POWERCYCLE' | 'FORCE'): void {
  boot.sequences.launch('reboot', actorId, async (step) => {
    if (mode !== 'FORCE') await stopEverything(boot, step);
    await step('reboot', 'reboot', (signal) => boot.pause('sync', signal));
    boot.machine.restart();
  });
}

export function launchShutdown(boot: Boot, actorId: string, isForced: boolean): void {
  boot.sequences.launch('shutdown', actorId, async (step) => {
    if (!isForced && !boot.isInMaintenance)
      await step('drain', 'cordonAndDrainNode', (signal) => boot.pause('drain', signal));
    await stopEverything(boot, step);
    await step('shutdown', 'shutdown', (signal) => boot.pause('sync', signal));
    boot.machine.powerOff('shut-down');
  });
}

export interface ResetPlan {
  isGraceful: boolean;
  reboots: boolean;
  /** Ids of volumes whose partitions are wiped and deleted. */
  labels: string[];
  /** Disks that are wiped whole: the system disk when no labels are given. */
  disks: Disk[];
}

/**
 * Resets. A graceful one leaves etcd first and fails when it cannot; then the machine reboots
 * with its old configuration.
 */
export function launchReset(boot: Boot, actorId: string, plan: ResetPlan): void {
  const { machine } = boot;
  boot.sequences.launch('reset', actorId, async (step) => {
    try {
      if (plan.isGraceful) await step('drain', 'cordonAndDrainNode', (signal) => boot.pause('drain', signal));
      await step('cleanup', plan.isGraceful ? 'removeAllPods' : 'stopAllPods', (signal) => stopPods(boot, signal));
      if (plan.isGraceful && boot.isControlPlane) await step('leave', 'leaveEtcd', (signal) => leaveEtcd(boot, signal));
      await stopServices(boot, step);
      await step('resetSpec', 'resetSystemDiskSpec', (signal) => wipe(boot, plan, signal));
      await step('reboot', 'reboot', (signal) => boot.pause('sync', signal));
    } catch (error) {
      if (!(error instanceof SequenceFailure)) throw error;
      machine.record('sequence-failed', {
        sequence: 'reset',
        message: error.message,
      });
      machine.task(boot.pause('fatalPause').then(() => machine.restart()));
      throw error;
    }
    if (plan.reboots) machine.restart();
    else machine.powerOff('shut-down');
  });
}

async function stopEverything(boot: Boot, step: Step): Promise<void> {
  await step('cleanup', 'stopAllPods', (signal) => stopPods(boot, signal));
  await stopServices(boot, step);
}

async function stopPods(boot: Boot, signal: AbortSignal): Promise<void> {
  boot.update(() => (boot.isTearingDownPods = true));
  await boot.pause('stopPods', signal);
}

async function stopServices(boot: Boot, step: Step): Promise<void> {
  await step('stopServices', 'stopServicesEphemeral', async (signal) => {
    boot.stopUserland();
    await boot.pause('stopServices', signal);
  });
  await step('stopEverything', 'stopAllServices', async (signal) => {
    await boot.pause('stopApi', signal);
    await boot.api?.close();
  });
}

/** Retries as long as etcd says "unhealthy", which it does for ever to its last member; then gives up. */
async function leaveEtcd(boot: Boot, signal: AbortSignal): Promise<void> {
  const { machine } = boot;
  const { clock } = machine.world;
  const data = boot.etcd;
  if (data === undefined)
    throw new SequenceFailure(
      "failed to get local etcd member ID: resource EtcdMembers.etcd.talos.dev(etcd/local@undefined) doesn't exist",
    );
  const deadline = clock.now() + machine.timings.etcdLeaveTimeout;
  for (;;) {
    try {
      data.cluster.remove(data.memberId);
      break;
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (error.message === 'etcdserver: member not found') break;
      if (clock.now() >= deadline) throw new SequenceFailure(`failed to leave cluster: ${error.message}`);
      boot.log(`[talos] retrying: ${error.message}`);
    }
    await boot.pause('etcdLeaveRetry', signal);
  }
  if (machine.ephemeral !== undefined) delete machine.ephemeral.etcd;
  machine.record('left-etcd', { hostname: boot.hostname });
  machine.world.conditions.changed();
}

/** The point of no return: what is named is gone. */
async function wipe(boot: Boot, { labels, disks }: ResetPlan, signal: AbortSignal): Promise<void> {
  const { machine } = boot;
  await boot.pause('wipe', signal);
  for (const { id, disk, partition } of volumesOf(boot)) {
    if (partition !== undefined && labels.includes(id)) disk?.removePartition(partition.label);
  }
  if (labels.length > 0) machine.record('wiped', { labels });
  for (const disk of disks) {
    disk.partitions = [];
    machine.record('wiped-disk', { disk: disk.devPath });
  }
}
