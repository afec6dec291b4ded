import type { Boot } from '../boot.ts';
import { encode } from '../talos-api/messages.ts';
import type { Describe } from './described.ts';

const stages = [
  'unknown',
  'booting',
  'installing',
  'maintenance',
  'running',
  'rebooting',
  'shutting down',
  'resetting',
  'upgrading',
];

export interface MachineStatus {
  stage: string;
  status: { ready: boolean; unmetConditions: { name: string; reason: string }[] };
}

/**
 * What machined says of the machine. Conditions are looked at while it boots and runs; in other
 * stages it is just "ready".
 */
export function machineStatus(boot: Boot): MachineStatus {
  const isChecked = boot.stage === 'booting' || boot.stage === 'running';
  const unmetConditions = isChecked ? unmet(boot) : [];
  return { stage: boot.stage, status: { ready: unmetConditions.length === 0, unmetConditions } };
}

/** The number by which the API's enums know the stage. */
export function stageNumber(stage: string): number {
  return stages.indexOf(stage);
}

function unmet(boot: Boot): { name: string; reason: string }[] {
  const { services } = boot;
  const conditions: { name: string; reason: string }[] = [];
  if (!boot.isTimeSynced) conditions.push({ name: 'time', reason: 'time is not synced' });
  if (!boot.isNetworkUp) conditions.push({ name: 'network', reason: 'waiting on: address, connectivity' });
  const required = ['apid', 'machined', 'kubelet', ...(boot.isControlPlane ? ['etcd', 'trustd'] : [])];
  const problems = required.flatMap((id) => {
    if (!services.isRunning(id)) return [`${id} not running`];
    return services.get(id)?.healthy === false ? [`${id} not healthy`] : [];
  });
  if (problems.length > 0) conditions.push({ name: 'services', reason: problems.join(', ') });
  if (boot.isControlPlane && boot.apiserver === undefined && boot.etcd !== undefined) {
    conditions.push({ name: 'staticPods', reason: `kube-system/kube-apiserver-${boot.hostname} not ready` });
  }
  if (!boot.isNodeReady && !boot.isInMaintenance) {
    const reason = boot.isNodeRegistered
      ? `node "${boot.hostname}" is not ready`
      : `node "${boot.hostname}" status is not available yet`;
    conditions.push({ name: 'nodeReady', reason });
  }
  return conditions;
}

function one(namespace: string, id: string, spec: unknown) {
  return [{ namespace, id, spec }];
}

export const runtimeResources: Record<string, Describe> = {
  'MachineStatuses.runtime.talos.dev': (boot) => {
    const { stage, status } = machineStatus(boot);
    const proto = encode('MachineStatusSpec', { stage: stageNumber(stage), status });
    return [
      { namespace: 'runtime', id: 'machine', spec: { stage, status }, proto, owner: 'runtime.MachineStatusController' },
    ];
  },
  'SystemInformations.hardware.talos.dev': ({ machine }) =>
    one('hardware', 'systeminformation', {
      manufacturer: 'raspberrypi',
      productName: 'Raspberry Pi 4 Model B',
      ...(machine.serial === '' ? {} : { serialnumber: machine.serial }),
      uuid: machine.uuid,
    }),
  'Versions.runtime.talos.dev': ({ machine }) =>
    one('runtime', 'version', { name: 'Talos', version: machine.talosVersion }),
  'SecurityStates.talos.dev': () =>
    one('runtime', 'securitystate', {
      secureBoot: false,
      selinuxState: 'enabled, permissive',
      bootedWithUKI: true,
      moduleSignatureEnforced: true,
    }),
  'ExtensionStatuses.runtime.talos.dev': () => [],
  'MetaKeys.runtime.talos.dev': () => [],
  'Diagnostics.runtime.talos.dev': () => [],
  'KernelCmdlines.runtime.talos.dev': () =>
    one('runtime', 'cmdline', {
      cmdline: 'talos.platform=metal console=tty0 console=ttyAMA0,115200 sysctl.kernel.kexec_load_disabled=1',
    }),
  'Services.v1alpha1.talos.dev': ({ services }) =>
    services
      .list()
      .flatMap(({ id, state, healthy }) =>
        state === 'Running'
          ? one('runtime', id, { running: true, healthy: healthy === true, unknown: healthy === undefined })
          : [],
      ),
  'TimeStatuses.v1alpha1.talos.dev': ({ isTimeSynced }) =>
    one('runtime', 'node', { synced: isTimeSynced, epoch: isTimeSynced ? 1 : 0, syncDisabled: false }),
  'MachineTypes.config.talos.dev': ({ configuration }) =>
    configuration?.complete === true ? one('config', 'machine-type', configuration.type) : [],
  'MachineConfigs.config.talos.dev': ({ configuration, machine }) => {
    const stored = machine.partition('STATE')?.state?.configuration;
    const annotations = { 'talos.dev/yaml-spec': '1' };
    return [
      ...(stored === undefined ? [] : [{ namespace: 'config', id: 'persistent', spec: stored, annotations }]),
      ...(configuration === undefined
        ? []
        : [{ namespace: 'config', id: 'v1alpha1', spec: configuration.text, annotations }]),
    ];
  },
};
