import type { NodeRole } from '../cluster-definition.ts';
import type { PersistentVolumeFate } from './persistent-volume-fate.ts';
import { persistentVolumeInWords } from './persistent-volume-fate.ts';
import type { KeptVolume } from './volume-fate.ts';
import { keptVolumeInWords } from './volume-fate.ts';

/** What a person loses and keeps, in words, a line each. */
export interface PlanLosses {
  readonly lost: readonly string[];
  readonly kept: readonly string[];
  readonly machines: readonly MachineFate[];
}

/** What becomes of one machine's disks. */
export interface MachineFate {
  readonly name: string;
  readonly role: NodeRole;
  readonly address: string;
  readonly scope: 'wiped' | 'erased' | 'untouched';
  /** `STATE and EPHEMERAL on the 64 GB SD card … are wiped; META, EFI and the 1 TB USB disk … stay`. */
  readonly sentence: string;
  /** Whether there is more on it than Talos's own disk, so that it is shown by itself among many. */
  readonly isSpecial: boolean;
  /** What its new volume documents come to. */
  readonly volumes: readonly string[];
}

/** What was seen of the old cluster's data. */
export interface SeenData {
  /** Whether an old cluster is torn down at all. */
  readonly isTornDown: boolean;
  /** Why the PersistentVolumes are not known; absent where they were read. */
  readonly unread?: string;
  readonly persistentVolumes: readonly PersistentVolumeFate[];
  /** Volumes that are directories on EPHEMERAL, as configurations name them. */
  readonly directories: readonly { readonly name: string; readonly nodes: readonly string[] }[];
  readonly kept: readonly { readonly node: string; readonly volume: KeptVolume }[];
  readonly machines: readonly MachineFate[];
}

/** Everything that is lost and kept, the worst first, with nothing left out. */
export function lossesOf({ isTornDown, unread, persistentVolumes, directories, kept, machines }: SeenData): PlanLosses {
  const volumes = (fate: PersistentVolumeFate['fate']): string[] =>
    persistentVolumes.filter((one) => one.fate === fate).map(persistentVolumeInWords);
  const keptWords = (isReadable: boolean): string[] =>
    kept
      .filter(({ volume }) => (volume.unreadable === undefined) === isReadable)
      .map(({ node, volume }) => `${node}: ${keptVolumeInWords(volume)}`);
  return {
    lost: [
      ...machines.filter(({ scope }) => scope === 'erased').map(({ name, sentence }) => `${name}: ${sentence}`),
      ...volumes('lost'),
      ...keptWords(false),
      ...directories.map(({ name, nodes }) => `${name}: lost: a directory on EPHEMERAL of ${nodes.join(', ')}`),
      ...volumes('unknown'),
      ...(unread === undefined
        ? []
        : [
            `Which PersistentVolumes there are is not known: ${unread}. What they keep under /var of a machine is lost.`,
          ]),
      ...(isTornDown && unread === undefined && persistentVolumes.length === 0
        ? ['No PersistentVolume: there are none.']
        : []),
      ...(isTornDown
        ? ['Everything in etcd: all objects of the old cluster. A snapshot is saved before the first reset.']
        : []),
    ],
    kept: [...keptWords(true), ...volumes('kept')],
    machines,
  };
}

/** The first of a long list, and where the rest is. */
export function firstOf(lines: readonly string[], most: number, file: string): string[] {
  if (lines.length <= most) return [...lines];
  return [...lines.slice(0, most - 1), `… and ${lines.length - most + 1} more: ${file} in the run’s folder`];
}

/** How many machines are shown one by one. */
const manyMachines = 8;

/**
 * One line for each machine and each of its volumes; where there are many machines, those that are alike share a line.
 */
export function machinesInWords(machines: readonly MachineFate[]): string[] {
  const single = (machine: MachineFate): string[] => [
    `${machine.name} (${roleInWords(machine.role)}, ${machine.address}): ${machine.sentence}.`,
    ...machine.volumes.map((volume) => `${machine.name}: ${volume}`),
  ];
  if (machines.length <= manyMachines) return machines.flatMap(single);
  const plain = machines.filter(({ isSpecial }) => !isSpecial);
  const groups = groupBy(plain);
  return [
    ...[...groups].map(
      ([group, members]) => `${members.length} ${group}: ${members.map(({ name }) => name).join(', ')}`,
    ),
    ...machines.filter(({ isSpecial }) => isSpecial).flatMap(single),
  ];
}

function groupOf({ role, scope }: MachineFate): string {
  const what = {
    wiped: 'STATE and EPHEMERAL are wiped; META and EFI stay',
    erased: 'the install disk is erased',
    untouched: 'nothing is wiped',
  };
  return `${roleInWords(role)}s, ${what[scope]}`;
}

function groupBy(machines: readonly MachineFate[]): Map<string, MachineFate[]> {
  const groups = new Map<string, MachineFate[]>();
  for (const machine of machines) groups.set(groupOf(machine), [...(groups.get(groupOf(machine)) ?? []), machine]);
  return groups;
}

function roleInWords(role: NodeRole): string {
  return role === 'controlplane' ? 'control plane' : 'worker';
}
