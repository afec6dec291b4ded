import { KubernetesError } from './kubernetes-error.ts';

/**
 * Node's error for a connection that failed, as one of ours; `where` is host and port. Nothing of the
 * original is kept but its code.
 */
export function connectionError(where: string, error: unknown): KubernetesError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const api = `the Kubernetes API at ${where}`;
  switch (code) {
    case 'ECONNREFUSED':
      return new KubernetesError('unreachable', `${api}: nothing listens there (connection refused)`);
    case 'ECONNRESET':
    case 'EPIPE':
      return new KubernetesError('unreachable', `${api}: the connection broke off before there was an answer`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
      return new KubernetesError('unreachable', `${api}: no route to it`);
    case 'ETIMEDOUT':
      return new KubernetesError('unreachable', `${api}: nothing answers at that address`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new KubernetesError('unreachable', `${api}: its name cannot be resolved`);
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return new KubernetesError('certificate', `${api}: its certificate is not valid for this address`);
    case 'CERT_HAS_EXPIRED':
      return new KubernetesError(
        'certificate',
        `${api}: its certificate has expired; compare the clocks of both machines`,
      );
    case 'CERT_NOT_YET_VALID':
      return new KubernetesError(
        'certificate',
        `${api}: its certificate is not valid yet; compare the clocks of both machines`,
      );
    default:
  }
  if (untrusted.has(code)) {
    return new KubernetesError(
      'certificate',
      `${api}: its certificate was not signed by the CA in the kubeconfig: another cluster`,
    );
  }
  if (/^ERR_SSL_.*ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|ACCESS_DENIED)/.test(code)) {
    return new KubernetesError('unauthorized', `${api}: it refuses the client certificate of the kubeconfig`);
  }
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') {
    return new KubernetesError(
      'unreachable',
      `${api}: what listens there does not speak TLS as an API server does (${code})`,
    );
  }
  return new KubernetesError('unreachable', `${api}: no connection${code === '' ? '' : ` (${code})`}`);
}

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
]);
