import type { Boot } from '../boot.ts';
import { newActorId } from '../sequences.ts';
import type { Disk } from '../disks.ts';
import { launchReboot, launchReset, launchShutdown } from '../power-sequences.ts';
import { volumesOf } from '../volumes.ts';
import { applyConfiguration, type ApplyConfigurationRequest } from './apply-configuration.ts';
import { assertControlPlane } from './control-plane.ts';
import { unary, type CallContext, type Method } from './methods.ts';
import { RpcError } from './rpc-error.ts';
import { snapshotProblem } from '../etcd-snapshot.ts';

interface ResetRequest {
  graceful: boolean;
  reboot: boolean;
  systemPartitionsToWipe: { label: string; wipe: boolean }[];
  userDisksToWipe: string[];
  mode: 'ALL' | 'SYSTEM_DISK' | 'USER_DISKS';
}

/**
 * What changes a machine: configuration, reset, reboot, shutdown, bootstrap. All but bootstrap answer before they act.
 */
export const lifecycleMethods: [string, Method][] = [
  unary<ApplyConfigurationRequest>(
    {
      path: '/machine.MachineService/ApplyConfiguration',
      request: 'ApplyConfigurationRequest',
      response: 'ApplyConfigurationResponse',
      describe: ({ mode, dryRun, data }) => ({ mode, dryRun, bytes: data.length }),
    },
    applyConfiguration,
  ),
  unary<ResetRequest>(
    { path: '/machine.MachineService/Reset', request: 'ResetRequest', response: 'ActionResponse' },
    reset,
  ),
  unary<{ mode: 'DEFAULT' | 'POWERCYCLE' | 'FORCE' }>(
    { path: '/machine.MachineService/Reboot', request: 'RebootRequest', response: 'ActionResponse' },
    ({ boot }, { mode }) => act((actorId) => launchReboot(boot, actorId, mode)),
  ),
  unary<{ force: boolean }>(
    { path: '/machine.MachineService/Shutdown', request: 'ShutdownRequest', response: 'ActionResponse' },
    ({ boot }, { force }) => act((actorId) => launchShutdown(boot, actorId, force)),
  ),
  unary<{ recoverEtcd: boolean; recoverSkipHashCheck: boolean }>(
    { path: '/machine.MachineService/Bootstrap', request: 'BootstrapRequest', response: 'CommonEmptyResponse' },
    bootstrap,
  ),
];

/**
 * Answers with the actor by whose id the events of the sequence can be told; what happens, happens after the answer.
 */
function act(launch: (actorId: string) => void): object {
  const actorId = newActorId();
  setImmediate(() => launch(actorId));
  return { messages: [{ actorId }] };
}

function reset({ boot }: CallContext, request: ResetRequest): object {
  const { machine } = boot;
  const { mode, userDisksToWipe, systemPartitionsToWipe } = request;
  const isSystemDiskWhole = mode !== 'USER_DISKS' && systemPartitionsToWipe.length === 0;
  const userDisks = userDisksToWipe.length === 0 ? [] : userDisksOf(boot, request);
  if (systemPartitionsToWipe.length > 0 && mode === 'USER_DISKS') {
    throw new RpcError(
      'Unknown',
      "reset failed: invalid input, wipe mode USER_DISKS doesn't support SystemPartitionsToWipe parameter",
    );
  }
  for (const { label } of systemPartitionsToWipe) assertLocated(boot, label);
  const systemDisks = isSystemDiskWhole && machine.systemDisk !== undefined ? [machine.systemDisk] : [];
  return act((actorId) =>
    launchReset(boot, actorId, {
      isGraceful: request.graceful,
      reboots: request.reboot,
      labels: systemPartitionsToWipe.filter(({ wipe }) => wipe).map(({ label }) => label),
      disks: [...systemDisks, ...userDisks],
    }),
  );
}

function userDisksOf({ machine }: Boot, { mode, userDisksToWipe }: ResetRequest): Disk[] {
  if (mode === 'SYSTEM_DISK') {
    throw new RpcError(
      'Unknown',
      "reset failed: invalid input, wipe mode SYSTEM_DISK doesn't support UserDisksToWipe parameter",
    );
  }
  return userDisksToWipe.map((device) => {
    const disk = machine.disks.find((one) => one.devPath === device);
    if (disk === undefined) throw new RpcError('Unknown', `reset user disk failed: device ${device} wasn't found`);
    if (disk === machine.systemDisk)
      throw new RpcError('Unknown', `reset user disk failed: device ${device} is the system disk`);
    return disk;
  });
}

/** Labels are looked up among the volumes. */
function assertLocated(boot: Boot, label: string): void {
  const volume = volumesOf(boot).find(({ id }) => id === label);
  if (volume === undefined) {
    throw new RpcError(
      'Unknown',
      `failed to get volume status with label "${label}": resource VolumeStatuses.block.talos.dev(runtime/${label}@undefined) doesn't exist`,
    );
  }
  if (volume.partition === undefined)
    throw new RpcError('Unknown', `failed to reset: volume "${label}" is not located`);
}

async function bootstrap(
  { boot, signal }: CallContext,
  request: { recoverEtcd: boolean; recoverSkipHashCheck: boolean },
): Promise<object> {
  if (!boot.isCriRunning) throw new RpcError('FailedPrecondition', 'bootstrap is not available yet');
  assertControlPlane(boot, 'bootstrap');
  await timeInSync(boot, signal);
  if (boot.machine.ephemeral?.etcd !== undefined || boot.bootstrapRequest !== undefined) {
    throw new RpcError('AlreadyExists', 'etcd data directory is not empty');
  }
  const snapshot = request.recoverEtcd ? boot.uploadedSnapshot : undefined;
  const problem = snapshot === undefined ? undefined : snapshotProblem(snapshot, request.recoverSkipHashCheck);
  if (problem !== undefined)
    boot.services.set('etcd', 'Failed', `Failed to run pre stage: error recovering from the snapshot: ${problem}`);
  else boot.update(() => (boot.bootstrapRequest = { snapshot }));
  return { messages: [{}] };
}

async function timeInSync(boot: Boot, signal: AbortSignal): Promise<void> {
  const end = new AbortController();
  const ended = AbortSignal.any([signal, end.signal]);
  const synced = boot.until(() => boot.isTimeSynced, ended);
  const timeout = boot.pause('bootstrapTimeWait', ended).then(() => {
    throw new RpcError('FailedPrecondition', 'time is not in sync yet');
  });
  try {
    await Promise.race([synced, timeout]);
  } finally {
    end.abort();
    await Promise.allSettled([synced, timeout]);
  }
}
