import type { ExpectedCluster, ExpectedNode } from '../expected-cluster.ts';
import type { MachineIdentity } from '../machine-identity.ts';
import type { AnyPlan, PlannedWork } from './any-plan.ts';
import type { DroppedSetting } from './dropped-settings.ts';
import type { SeenDisk } from '../disk-words.ts';
import type { PlanLosses } from './losses.ts';
import type { PlannedVolume } from './volume-fate.ts';
import { roleToday } from '../cluster-definition.ts';
import type { NodeRole } from '../cluster-definition.ts';

/**
 * What a rebuild will do, complete: to approve the digest is to approve exactly this. Holds no secrets, no absolute
 * paths and nothing that changes from look to look, so equal inputs give the same digest.
 */
export interface Plan extends PlannedWork, ExpectedCluster {
  readonly version: 1;
  readonly talosVersion: string;
  readonly kubernetesVersion: string;
  readonly secrets: 'new' | 'keep';
  /** SHA-256 of that set's secrets.yaml, hex: the cluster is kept up with what is in there. */
  readonly secretsSha256: string;
  readonly nodes: readonly PlannedNode[];
  readonly order: ResetOrder;
  readonly bootstrapNode?: string;
  /** By an amendment, where the control plane that was chosen is lost. */
  readonly bootstrapMove?: BootstrapMove;
  /** Digests of the files that are installed or run after the bootstrap, in order; commands as they are run. */
  readonly afterBootstrap: {
    readonly manifests: readonly FileDigest[];
    readonly commands: readonly (readonly string[])[];
  };
  readonly failoverBudgetMs: number;
  /** Which of the user's own files get the new credentials at the end. */
  readonly mergesInto: readonly string[];
  /** Settings of today's machines that cluster.yaml gives up, as written there. */
  readonly dropped: readonly string[];
}

/** The bootstrap goes to another control plane, since the chosen one is lost. */
export interface BootstrapMove {
  readonly from: string;
  readonly to: string;
  /** No machine answers at its address: the approval confirms that it is powered off and stays so. */
  readonly mustStayOff: boolean;
}

export interface PlannedNode extends ExpectedNode {
  readonly maintenanceAddress: string;
  readonly identity: MachineIdentity;
  /** `wipe`: reset to maintenance mode first; `none`: it is in maintenance mode already. */
  readonly reset: 'wipe' | 'none';
  /** Name of the set under which the machine ran when the plan was made; absent in maintenance mode. */
  readonly runsUnder?: string;
  /** As what a machine ran that is wiped. */
  readonly runsAs?: NodeRole;
  /** SHA-256 of the complete machine configuration, hex. */
  readonly configurationSha256: string;
  /** What the configuration does to the machine's disks. */
  readonly storage: PlannedStorage;
  /** What cluster.yaml says may be lost on this machine. */
  readonly mayLose: { readonly eraseDisk?: string; readonly unreadableVolumes: readonly string[] };
}

export interface PlannedStorage {
  /** The disk that is erased as a whole, because Talos is not installed. */
  readonly erases?: SeenDisk;
  /** Each volume of the new configuration with what it finds. */
  readonly volumes: readonly PlannedVolume[];
  /** Names of encrypted volumes that nobody can read afterwards. */
  readonly unreadable: readonly string[];
}

export interface FileDigest {
  readonly file: string;
  readonly sha256: string;
}

/**
 * Which machines are reset, and in which order. Machines that are in maintenance mode already are in none of the lists.
 */
export interface ResetOrder {
  /** One machine that is reset alone first and has to come back; absent where none can be spared. */
  readonly canary?: string;
  readonly workers: readonly string[];
  readonly controlPlanes: readonly string[];
}

/** The plan of a rebuild, with what a person sees of it. */
export interface RebuildPlan extends AnyPlan<'rebuild', Plan> {
  /**
   * What was seen when the plan was made, for people: what is lost, what stays, and what becomes of each
   * machine. Not part of the digest, since pods make and delete PersistentVolumes at any time; what decides the
   * outcome is in the plan itself.
   */
  readonly losses: PlanLosses;
  /**
   * Settings of the running machines that the new configurations lack and cluster.yaml does not
   * give up: the first of them.
   */
  readonly dropped: readonly DroppedSetting[];
  /** How many there are in all; the whole list is in `dropped.txt` in the run's folder. */
  readonly droppedCount: number;
  /** Redacted difference of each configuration from the running one: file names in the run's folder. */
  readonly diffs: Readonly<Record<string, string>>;
}

/** What an amendment would make of a plan, for a person to approve. */
export type AmendmentDraft = Pick<RebuildPlan, 'plan' | 'digest' | 'consequences' | 'diffs'>;

/**
 * Puts the resets in order: a canary, the other workers, then the control planes. A worker is the canary where there is
 * one; a control plane only if the healthy voters among the others keep etcd's quorum without it. What counts is as
 * what a machine runs today, not what it becomes. `unfit` names those whose etcd is none.
 */
export function orderResets(
  nodes: readonly Pick<PlannedNode, 'name' | 'role' | 'reset' | 'runsAs'>[],
  unfit: readonly string[] = [],
): ResetOrder {
  const today = (role: NodeRole) => nodes.filter((node) => roleToday(node) === role);
  const toReset = (role: NodeRole) => today(role).flatMap(({ name, reset }) => (reset === 'wipe' ? [name] : []));
  const workers = toReset('worker');
  const controlPlanes = toReset('controlplane');
  const [firstWorker, ...otherWorkers] = workers;
  if (firstWorker !== undefined) return { canary: firstWorker, workers: otherWorkers, controlPlanes };
  const members = today('controlplane').length;
  const fit = controlPlanes.filter((name) => !unfit.includes(name));
  const canary = controlPlanes.findLast((name) => keepsQuorum(members, fit.filter((one) => one !== name).length));
  if (canary === undefined) return { workers: [], controlPlanes };
  return { canary, workers: [], controlPlanes: controlPlanes.filter((name) => name !== canary) };
}

/** Whether `alive` of `members` etcd members are a majority. */
export function keepsQuorum(members: number, alive: number): boolean {
  return alive > members / 2;
}

/** Says in a sentence which reset cannot be taken back. */
export function describePointOfNoReturn(order: ResetOrder): string {
  if (order.controlPlanes.length === 0 && order.canary === undefined) {
    return 'There is none: no machine is reset.';
  }
  if (order.controlPlanes.length === 0) return `The reset of ${order.canary}.`;
  const names = order.controlPlanes.join(', ');
  if (order.canary === undefined && order.workers.length === 0) {
    return `The first reset: no machine can be spared as a canary, and with ${names} the old control plane loses quorum.`;
  }
  return `The reset of the control planes (${names}): with them the old control plane loses quorum. Until then the run can be called off.`;
}
