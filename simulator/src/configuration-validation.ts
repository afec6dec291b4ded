import { fields, list, textOf, type Fields, type MachineConfiguration } from './machine-configuration.ts';

/** What is wrong with a configuration, as Talos's validation says it; empty when nothing is. */
export function validateMachineConfiguration(configuration: MachineConfiguration, installed: boolean): string[] {
  if (!configuration.complete) return [];
  const problems: string[] = [];
  const machine = fields(configuration.root['machine']);
  const type = machine['type'];
  if (!installed && configuration.installDisk === undefined && !configuration.hasInstallDiskSelector) {
    problems.push('either install disk or diskSelector should be defined');
  }
  if (type !== 'controlplane' && type !== 'worker')
    problems.push(`unknown machine type ${JSON.stringify(textOf(type))}`);
  if (configuration.cluster.endpoint === '') problems.push('cluster control plane endpoint is required');
  if (configuration.machineCa.certificate === '')
    problems.push('issuing CA or some accepted CAs are required (.machine.ca, machine.acceptedCAs)');
  if (type === 'controlplane' && configuration.machineCa.key === undefined) {
    problems.push('issuing CA key is required for controlplane nodes (.machine.ca.key)');
  }
  if (type === 'worker' && configuration.machineCa.key !== undefined) {
    problems.push('issuing Talos API CA key is not allowed on non-controlplane nodes (.machine.ca)');
  }
  for (const item of list(fields(machine['network'])['interfaces'])) {
    if (type === 'worker' && fields(item)['vip'] !== undefined) {
      problems.push('virtual (shared) IP is not allowed on non-controlplane nodes');
    }
  }
  for (const document of configuration.documents) problems.push(...documentProblems(document, configuration));
  return problems;
}

/** Keys of `machine` whose change takes effect without a reboot. */
const immediateKeys = new Set([
  'ca',
  'acceptedCAs',
  'certSANs',
  'kubelet',
  'controlPlane',
  'pods',
  'network',
  'time',
  'sysctls',
  'sysfs',
  'registries',
  'logging',
  'kernel',
  'seccompProfiles',
  'nodeLabels',
  'nodeAnnotations',
  'nodeTaints',
  'install',
  'features',
]);

/** Why a change needs a reboot, as Talos says it; undefined when it does not. */
export function needsReboot(current: MachineConfiguration, next: MachineConfiguration): string | undefined {
  const [before, after] = [fields(current.root['machine']), fields(next.root['machine'])];
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !immediateKeys.has(key) && JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  if (changed.length === 0) return undefined;
  return `this config change can't be applied in immediate mode\ndiff: ${changed.map((key) => `machine.${key}`).join(', ')}`;
}

function documentProblems(document: Fields, configuration: MachineConfiguration): string[] {
  switch (document['kind']) {
    case 'Layer2VIPConfig': {
      const name = textOf(document['name']);
      if (!/^(\d+\.){3}\d+$|:/.test(name))
        return [`name must be a valid IP address: ParseAddr("${name}"): unable to parse IP`];
      return document['link'] === undefined ? ['link must be specified'] : [];
    }
    case 'HostnameConfig': {
      const [auto, hostname] = [textOf(document['auto']), textOf(document['hostname'])];
      const old = textOf(fields(fields(configuration.root['machine'])['network'])['hostname']);
      if (old !== '') return ['static hostname is already set in v1alpha1 config'];
      if (auto === 'off' && hostname === '') return ["'hostname' must be set when 'auto' is set to 'off'"];
      return auto !== '' && auto !== 'off' && hostname !== ''
        ? ["'auto' and 'hostname' cannot be set at the same time"]
        : [];
    }
    default:
      return [];
  }
}
