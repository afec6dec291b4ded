import type { NodeDefinition } from '../../run/cluster-definition.ts';
import type { SeenDisk } from '../../run/disk-words.ts';
import { diskInWords } from '../../run/disk-words.ts';
import type { Finding } from '../../run/findings.ts';
import type { PlannedStorage } from '../../run/plan/plan.ts';
import type { MachineFate } from '../../run/plan/losses.ts';
import type { KeptMount } from '../../run/plan/persistent-volume-fate.ts';
import type { KeptVolume } from '../../run/plan/volume-fate.ts';
import { plannedVolumeInWords } from '../../run/plan/volume-fate.ts';
import { parseConfiguration } from '../../talos/config-documents.ts';
import { evaluateVolumes, keptVolumes } from '../../talos/evaluate-volumes.ts';
import type { MachineStorage } from '../../talos/storage.ts';
import { seenDisk } from '../../talos/storage.ts';
import type { VolumeDocument } from '../../talos/volume-documents.ts';
import { leavesRoom, volumesIn } from '../../talos/volume-documents.ts';
import { checkInstallDisk } from './preflight/install-disk.ts';
import { checkVolumes } from './preflight/volumes.ts';

/**
 * What is known of one machine when its storage is planned. Configurations with all their secrets:
 * none of it leaves this file.
 */
export interface StorageInput {
  readonly node: NodeDefinition;
  readonly storage: MachineStorage;
  /** Absent in maintenance mode. */
  readonly runningYaml?: string;
  readonly plannedYaml: string;
  readonly reset: 'wipe' | 'none';
  /** In maintenance mode, so that the configuration is applied. */
  readonly isInMaintenance: boolean;
}

export interface StoragePlan {
  /** What decides the outcome: part of the digest. */
  readonly planned: PlannedStorage;
  readonly kept: readonly KeptVolume[];
  /** Mounts of today that are on what stays. */
  readonly keptMounts: readonly KeptMount[];
  readonly fate: MachineFate;
  /** Volumes of today that are directories on EPHEMERAL. */
  readonly lostDirectories: readonly string[];
  readonly findings: readonly Finding[];
}

/** What a rebuild does to the disks of one machine, and what of it is refused. Pure. */
export function planStorage(input: StorageInput): StoragePlan {
  const { node, storage, reset } = input;
  const documents = parseConfiguration(input.plannedYaml);
  const volumes = volumesIn(documents);
  const running = input.runningYaml === undefined ? [] : volumesIn(parseConfiguration(input.runningYaml));
  const install = checkInstallDisk(input, documents);
  const evaluation = {
    storage,
    isReset: reset === 'wipe',
    leavesRoom: leavesRoom(documents),
    ...(install.erases === undefined ? {} : { erased: install.erases.devPath }),
  };
  const fates = evaluateVolumes(volumes, evaluation);
  const kept = keptVolumes(running, volumes, fates, evaluation);
  const unreadable = kept.flatMap((one) => (one.unreadable === undefined ? [] : [one.name ?? one.partition.devPath]));
  return {
    planned: {
      ...(install.erases === undefined ? {} : { erases: install.erases }),
      volumes: fates,
      unreadable,
    },
    kept,
    lostDirectories: reset === 'wipe' ? directoriesIn(running) : [],
    keptMounts: keptMounts(storage.hostname ?? node.name, running, kept),
    fate: {
      name: node.name,
      role: node.role,
      address: node.address,
      ...scopeOf(storage, reset, install.erases),
      isSpecial: fates.some(({ fate }) => fate.kind !== 'directory') || othersThan(storage, install.erases).length > 0,
      volumes: fates.map(plannedVolumeInWords),
    },
    findings: [...install.findings, ...checkVolumes(node, fates, kept)],
  };
}

function directoriesIn(volumes: readonly VolumeDocument[]): string[] {
  return volumes.flatMap(({ finds, document, mount }) =>
    finds.by === 'directory' ? [`${document} (${mount ?? 'not mounted'})`] : [],
  );
}

function keptMounts(node: string, running: readonly VolumeDocument[], kept: readonly KeptVolume[]): KeptMount[] {
  return running.flatMap(({ name, mount }) => {
    const volume = kept.find((one) => one.name === name && one.unreadable === undefined);
    return mount === undefined || volume === undefined ? [] : [{ node, path: mount, on: volume.partition.devPath }];
  });
}

/** Which part of which disk goes, in words. */
function scopeOf(
  storage: MachineStorage,
  reset: 'wipe' | 'none',
  erases: SeenDisk | undefined,
): Pick<MachineFate, 'scope' | 'sentence'> {
  const others = othersThan(storage, erases).map(diskInWords);
  if (erases !== undefined) {
    const stay =
      others.length === 0 ? '' : `; the ${others.join(' and the ')} ${others.length === 1 ? 'stays' : 'stay'}`;
    return { scope: 'erased', sentence: `Talos is not installed: the whole ${diskInWords(erases)} is erased${stay}` };
  }
  if (reset === 'none') {
    return { scope: 'untouched', sentence: 'nothing is wiped; it has no configuration of the old cluster' };
  }
  const wiped = ['STATE', 'EPHEMERAL'].map((label) => ({ label, on: diskOfLabel(storage, label) }));
  const where = (disk: SeenDisk): string =>
    `${wiped.flatMap(({ label, on }) => (on === disk.devPath ? [label] : [])).join(' and ')} on the ${diskInWords(disk)}`;
  const disks = storage.disks.filter(({ devPath }) => wiped.some(({ on }) => on === devPath)).map(seenDisk);
  const what = disks.length === 0 ? 'STATE and EPHEMERAL' : disks.map(where).join(', ');
  const stays = ['META', 'EFI', ...others.map((disk) => `the ${disk}`)];
  return { scope: 'wiped', sentence: `${what} are wiped; ${listed(stays)} stay` };
}

function diskOfLabel(storage: MachineStorage, label: string): string | undefined {
  return storage.volumes.find((one) => one.label === label)?.parentDevPath;
}

/** The disks that hold nothing of what goes. */
function othersThan(storage: MachineStorage, erases: SeenDisk | undefined): SeenDisk[] {
  const system = erases?.devPath ?? storage.systemDisk;
  const wiped = storage.volumes.filter(({ label }) => label === 'EPHEMERAL').map(({ parentDevPath }) => parentDevPath);
  return storage.disks.filter(({ devPath }) => devPath !== system && !wiped.includes(devPath)).map(seenDisk);
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
