/** The `talosctl` that was found for the cluster's minor version. */
export interface Talosctl {
  /** Absolute path. */
  readonly binary: string;
}

/**
 * One machine and how to get in. A call never goes to more than one machine: with several, `talosctl` hides which of
 * them failed, and with `--insecure` it reaches just one of them and reports success.
 */
export type Access = MachineAddress & (CredentialAccess | MaintenanceAccess);

export interface MachineAddress {
  readonly talosctl: Talosctl;
  /** The machine's own address, never the VIP. */
  readonly address: string;
  /** The machine's name in messages. */
  readonly node?: string;
}

export interface CredentialAccess {
  /** Path of the talosconfig of the set under which the machine runs. */
  readonly talosconfig: string;
}

/** Maintenance mode: no credentials, but the machine is known by its certificate's key. */
export interface MaintenanceAccess {
  readonly insecure: true;
  /** Base64 SHA-256 of the public key, as `observeNode` saw it. */
  readonly fingerprint: string;
}

/** What every call takes: it is never without a limit. */
export interface CallOptions {
  readonly timeoutMs?: number;
  /** Ends the call; what is thrown then is `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

/** A call is given up after `ownMs` at the latest, and sooner where the caller has less time left. */
export function atMostFor(ownMs: number, options: CallOptions): CallOptions & { readonly timeoutMs: number } {
  return { ...options, timeoutMs: Math.min(ownMs, options.timeoutMs ?? ownMs) };
}

/**
 * The flags that send a command to exactly this machine. With `-e` equal to `-n` no other machine is needed, and
 * workers, which forward nothing, answer too. With `--insecure` the connection goes to `-n` and `-e` is ignored.
 */
export function accessArguments(access: Access): string[] {
  return 'insecure' in access
    ? ['--insecure', '-n', access.address]
    : ['--talosconfig', access.talosconfig, '-e', access.address, '-n', access.address];
}

/** `pi-12 (192.168.1.12)`, or the address alone. */
export function nameOf(machine: Pick<MachineAddress, 'node' | 'address'>): string {
  return machine.node === undefined || machine.node === machine.address
    ? machine.address
    : `${machine.node} (${machine.address})`;
}
