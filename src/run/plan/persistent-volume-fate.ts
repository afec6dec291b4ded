/** A PersistentVolume of the old cluster, as far as its fate depends on it. */
export interface PersistentVolume {
  readonly name: string;
  /** `namespace/name` of the claim that has it; empty where none has. */
  readonly claim: string;
  /** As Kubernetes writes it: `10Gi`. */
  readonly capacity: string;
  readonly storage:
    /** A path on a machine: hostPath or local. */
    | { readonly kind: 'path'; readonly path: string }
    | { readonly kind: 'csi'; readonly driver: string }
    /** Something that the machines only connect to: `nfs`, `iscsi` … */
    | { readonly kind: 'network'; readonly type: string };
  /** Kubernetes nodes that it is tied to; empty where it is tied to none. */
  readonly nodes: readonly string[];
}

export interface PersistentVolumeFate {
  readonly volume: PersistentVolume;
  readonly fate: 'lost' | 'kept' | 'unknown';
  readonly why: string;
}

/** A place under /var that is on a partition which outlives the rebuild. */
export interface KeptMount {
  /** Name of the Kubernetes node. */
  readonly node: string;
  /** `/var/mnt/data`. */
  readonly path: string;
  /** `/dev/sda1`. */
  readonly on: string;
}

const bindAgain = 'the PersistentVolume itself goes with etcd and has to be made again for it';

/** CSI drivers that keep data on the machines, and where. */
const onMachines: Readonly<Record<string, string>> = {
  'driver.longhorn.io': '/var/lib/longhorn',
  'hostpath.csi.k8s.io': '/var/lib/csi-hostpath-data',
};

/** CSI drivers that only connect to storage elsewhere. */
const elsewhere =
  /^(?:nfs|smb|iscsi)\.csi\.k8s\.io$|^org\.democratic-csi\.|^(?:rbd|cephfs)\.csi\.ceph\.com$|^csi\.(?:san\.synology\.com|trident\.netapp\.io)$/;

/**
 * What a rebuild does to a PersistentVolume, given the mounts that outlive it and all nodes that are rebuilt. Never a
 * guess: `unknown` says why.
 */
export function persistentVolumeFate(
  volume: PersistentVolume,
  kept: readonly KeptMount[],
  nodes: readonly string[],
): PersistentVolumeFate {
  const { storage } = volume;
  switch (storage.kind) {
    case 'network':
      return { volume, fate: 'kept', why: `its data is elsewhere (${storage.type}); ${bindAgain}` };
    case 'path':
      return { volume, ...fateOfPath(storage.path, volume.nodes, kept) };
    case 'csi':
      return { volume, ...fateOfDriver(storage.driver, kept, nodes) };
  }
}

type Fate = Omit<PersistentVolumeFate, 'volume'>;

function fateOfPath(path: string, nodes: readonly string[], kept: readonly KeptMount[]): Fate {
  const mounts = kept.filter((mount) => path === mount.path || path.startsWith(`${mount.path}/`));
  if (nodes.length === 0 && mounts.length > 0) {
    return { fate: 'unknown', why: `it is not tied to a node; ${path} is kept only on ${nodesOf(mounts)}` };
  }
  const mount = mounts.find(({ node }) => nodes.includes(node));
  if (mount && nodes.every((node) => mounts.some((one) => one.node === node))) {
    return { fate: 'kept', why: `${path} is on ${mount.on} of ${nodes.join(', ')}, which stays; ${bindAgain}` };
  }
  const where = nodes.length === 0 ? '' : ` of ${nodes.join(', ')}`;
  return { fate: 'lost', why: `${path} is on EPHEMERAL${where}, which is wiped` };
}

function fateOfDriver(driver: string, kept: readonly KeptMount[], nodes: readonly string[]): Fate {
  if (/^rook-ceph\.|\.rook\./.test(driver)) {
    return {
      fate: 'lost',
      why: 'Rook’s monitors are on EPHEMERAL (/var/lib/rook), which is wiped; without them nobody can read the disks of the OSDs',
    };
  }
  if (elsewhere.test(driver)) return { fate: 'kept', why: `its data is elsewhere (${driver}); ${bindAgain}` };
  const path = onMachines[driver];
  if (path === undefined) {
    return { fate: 'unknown', why: `where ${driver} keeps its data is not known here; what is under /var is lost` };
  }
  const covered = nodes.filter((node) => kept.some((mount) => mount.node === node && isWithin(path, mount.path)));
  if (covered.length === 0)
    return { fate: 'lost', why: `${driver} keeps its data in ${path} on EPHEMERAL, which is wiped` };
  return {
    fate: 'unknown',
    why: `${path} stays on ${covered.join(', ')} and is wiped elsewhere; what ${driver} knew of it was in etcd and is lost`,
  };
}

function isWithin(path: string, mount: string): boolean {
  return path === mount || path.startsWith(`${mount}/`);
}

function nodesOf(mounts: readonly KeptMount[]): string {
  return [...new Set(mounts.map(({ node }) => node))].join(', ');
}

/** `pvc-1 (10Gi, claim default/db): lost: …`. */
export function persistentVolumeInWords({ volume, fate, why }: PersistentVolumeFate): string {
  const claim = volume.claim === '' ? 'no claim' : `claim ${volume.claim}`;
  const verdict = fate === 'unknown' ? 'cannot be told' : fate;
  return `PersistentVolume ${volume.name} (${volume.capacity}, ${claim}): ${verdict}: ${why}`;
}
