/**
 * - `unreachable`: no connection, or one that broke off before there was an answer
 * - `timeout`: connected or not, there was no answer in time
 * - `certificate`: the server's certificate is not of the cluster, not for this address, or not valid now
 * - `unauthorized`: the server does not know the client's credentials (401, or a TLS alert against its certificate)
 * - `refused`: the server accepted the credentials and answered with an error; `status` says which
 * - `invalid`: what was given is unusable: a kubeconfig, a manifest, an address
 */
export type KubernetesErrorKind = 'unreachable' | 'unauthorized' | 'certificate' | 'refused' | 'timeout' | 'invalid';

/**
 * Anything that goes wrong with a Kubernetes API. The message is for people and holds nothing
 * of a kubeconfig's content.
 */
export class KubernetesError extends Error {
  readonly kind: KubernetesErrorKind;
  /** The HTTP status, if there was an answer. */
  readonly status: number | undefined;

  constructor(kind: KubernetesErrorKind, message: string, status?: number) {
    super(message);
    this.name = 'KubernetesError';
    this.kind = kind;
    this.status = status;
  }

  /**
   * Whether the same request may well succeed a little later, as while an API server starts or
   * its etcd elects a leader.
   */
  get isTransient(): boolean {
    if (this.kind === 'unreachable' || this.kind === 'timeout') return true;
    return this.kind === 'refused' && this.status !== undefined && (this.status === 429 || this.status >= 500);
  }
}
