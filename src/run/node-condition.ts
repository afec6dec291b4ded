/** What one TLS handshake to a machine's Talos API shows. */
export type NodeCondition =
  | { readonly kind: 'unreachable'; readonly reason: string }
  /**
   * Maintenance mode; `fingerprint` is the base64 SHA-256 of the certificate's public key, as
   * `--cert-fingerprint` wants it.
   */
  | { readonly kind: 'maintenance'; readonly fingerprint: string }
  /**
   * Configured, with a certificate signed by the CA of these sets of the cluster's folder (more than one only
   * where sets share secrets).
   */
  | { readonly kind: 'running'; readonly sets: readonly string[] }
  /** Configured by another cluster: never touched. */
  | { readonly kind: 'foreign' };

/** The condition in a person's words. */
export function describeCondition(condition: NodeCondition): string {
  switch (condition.kind) {
    case 'unreachable':
      return `unreachable (${condition.reason})`;
    case 'maintenance':
      return 'in maintenance mode';
    case 'running':
      return `running under set ${condition.sets.join(' = ')}`;
    case 'foreign':
      return 'configured by a cluster that this folder does not know';
  }
}
