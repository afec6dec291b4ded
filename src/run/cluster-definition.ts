/**
 * What cluster.yaml says, checked and with every default filled in. Paths are absolute and the worker's;
 * durations are milliseconds.
 */
export interface ClusterDefinition {
  readonly name: string;
  /** What kubectl uses: https://host:port. talosctl never goes there, always to a node. */
  readonly endpoint: string;
  readonly vip: VirtualIp;
  readonly talos: { readonly version: string };
  readonly kubernetes: { readonly version: string };
  readonly folder: string;
  /** A talosconfig with role os:admin for the running cluster, where it is not in the folder's current set. */
  readonly talosconfig?: string;
  readonly secrets: 'new' | 'keep';
  readonly nodes: readonly NodeDefinition[];
  /** Strategic-merge patches, applied in this order: all, then the role's, then the node's. */
  readonly patches: Readonly<Record<'all' | NodeRole, readonly string[]>>;
  /** The control plane that is bootstrapped; without it the first that is ready. */
  readonly bootstrapNode?: string;
  /** Installs the pod network where the configuration's CNI is `none`; both must be safe to run twice. */
  readonly afterBootstrap: { readonly manifests: readonly string[]; readonly commands: readonly (readonly string[])[] };
  /** Paths of settings that the machines have today and that are given up on purpose; each stands for all below it. */
  readonly dropped: readonly string[];
  readonly approval: Approvals;
  /** Where a message goes when a person is wanted, in the order of the file. */
  readonly notify: readonly Notifier[];
  readonly failover: { readonly budgetMs: number };
  readonly timeouts: Timeouts;
  /** The user's own files that the new credentials are merged into at the end; absent: left alone. */
  readonly merge: { readonly kubeconfig?: string; readonly talosconfig?: string };
}

/** Where messages go. A web address may hold a token: it stays in the run's folder and is never shown. */
export type Notifier =
  | { readonly kind: 'command'; readonly command: readonly string[] }
  | {
      readonly kind: 'webhook';
      /** The address itself, or the environment variable of the worker that holds it. */
      readonly url: { readonly value: string } | { readonly env: string };
      /** The environment variable of the worker that holds a token. */
      readonly tokenEnv?: string;
      readonly format: 'json' | 'ntfy' | 'slack';
    };

/** Before what a person is asked, for how long, and how often again. */
export interface Approvals {
  readonly before: readonly ('reset' | ApprovedBefore)[];
  readonly expiresMs: number;
  readonly remindEveryMs: number;
}

/** What is done without asking unless cluster.yaml wants it. */
export type ApprovedBefore = 'failoverDrill' | 'finalize';

export type NodeRole = 'controlplane' | 'worker';

export interface VirtualIp {
  readonly address: string;
  readonly link: string;
}

export interface NodeDefinition {
  readonly name: string;
  readonly role: NodeRole;
  readonly address: string;
  /** Where the machine answers in maintenance mode, if not at `address`: a wipe takes a configured address away. */
  readonly maintenanceAddress?: string;
  readonly link: string;
  readonly installDisk: string;
  readonly installImage: string;
  /** Permanent hardware addresses that the machine must have, lower case, if the user states them. */
  readonly macs: readonly string[];
  readonly patches: readonly string[];
  readonly timeouts: Timeouts;
  /** Serial, or path, of the install disk that may be erased although something is on it. */
  readonly eraseDisk?: string;
  /** Names of encrypted volumes that may be unreadable afterwards. */
  readonly unreadableVolumes: readonly string[];
}

/** How long a machine or the cluster may take before a person is asked, in ms. */
export interface Timeouts {
  /** From the reset to maintenance mode: a Pi without kexec goes through a full firmware boot. */
  readonly resetMs: number;
  /** From the configuration to the Talos API answering with the new certificate. */
  readonly applyMs: number;
  /** From the bootstrap to etcd answering with its first member. */
  readonly bootstrapMs: number;
  /** Until the whole cluster is healthy. */
  readonly verifyMs: number;
}

/**
 * As what a machine takes part in the cluster that it runs in today; where it runs in none or does
 * not tell, as what it is to.
 */
export function roleToday({
  role,
  runsAs,
}: {
  readonly role: NodeRole;
  readonly runsAs?: NodeRole | undefined;
}): NodeRole {
  return runsAs ?? role;
}

export function controlPlanes<N extends { readonly role: NodeRole }>(nodes: readonly N[]): N[] {
  return nodes.filter((node) => node.role === 'controlplane');
}

export function workers<N extends { readonly role: NodeRole }>(nodes: readonly N[]): N[] {
  return nodes.filter((node) => node.role === 'worker');
}
