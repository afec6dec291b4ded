import { X509Certificate, createHash } from 'node:crypto';
import { type TLSSocket, connect } from 'node:tls';
import type { NodeCondition } from '../run/node-condition.ts';

/** The certificate authority of a set in the cluster's folder: what a machine's certificate is checked with. */
export interface KnownSet {
  readonly name: string;
  /** PEM of the certificate, without its key. */
  readonly caPem: string;
}

export interface ProbeOptions {
  readonly timeoutMs?: number;
  readonly port?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The port of the Talos API on every machine, in maintenance mode as well. */
export const talosApiPort = 50000;

const maintenanceName = 'maintenance-service.talos.dev';

/**
 * Says in which condition a machine is, from the certificate that it shows: one TLS handshake, no request, about 10
 * ms. It asks for nothing and changes nothing, so it may be called several times a second. It throws `signal.reason`
 * on abort and nothing else.
 */
export async function observeNode(
  address: string,
  sets: readonly KnownSet[],
  options: ProbeOptions = {},
): Promise<NodeCondition> {
  const seen = await certificateOf(address, options);
  return typeof seen === 'string' ? { kind: 'unreachable', reason: seen } : conditionOf(seen, sets);
}

/**
 * Reads a condition from a machine's certificate. Dates are not looked at: a Pi without a clock starts in the past, and
 * an expired certificate still tells whose machine it is.
 */
export function conditionOf(leaf: X509Certificate, sets: readonly KnownSet[]): NodeCondition {
  const signers = sets.filter((set) => isSignedBy(leaf, set.caPem)).map((set) => set.name);
  if (signers.length > 0) return { kind: 'running', sets: signers };
  if (leaf.subject.split('\n').includes(`CN=${maintenanceName}`)) {
    return { kind: 'maintenance', fingerprint: fingerprintOf(leaf) };
  }
  return { kind: 'foreign' };
}

/** Base64 SHA-256 of the certificate's public key (SPKI in DER), which is what `--cert-fingerprint` compares. */
export function fingerprintOf(certificate: X509Certificate): string {
  const publicKey = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(publicKey).digest('base64');
}

function isSignedBy(leaf: X509Certificate, caPem: string): boolean {
  try {
    return leaf.verify(new X509Certificate(caPem).publicKey);
  } catch {
    // Another kind of key than the certificate's signature: not the signer.
    return false;
  }
}

/** The certificate that a machine shows, or the reason why there is none. */
function certificateOf(address: string, options: ProbeOptions): Promise<X509Certificate | string> {
  const { timeoutMs = 1000, port = talosApiPort, signal } = options;
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    // TLS 1.3 alone: there the handshake ends on our side, with the certificate in hand, before a configured
    // machine misses ours and says `certificate required`. What it says afterwards comes as an error to a socket
    // that nobody waits for any more.
    const socket: TLSSocket = connect({
      host: address,
      port,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['h2'],
    });
    const settle = (result: X509Certificate | string): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      resolve(result);
    };
    const abort = (): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(signal?.reason);
    };
    const timer = setTimeout(() => settle('timed out'), timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('secureConnect', () => settle(socket.getPeerX509Certificate() ?? 'no certificate'));
    socket.on('error', (error: NodeJS.ErrnoException) => settle(reasonOf(error)));
    socket.once('close', () => settle('connection closed'));
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ETIMEDOUT: 'timed out',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'no route to its network',
  EHOSTDOWN: 'host is down',
  ENOTFOUND: 'name not found',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
};

function reasonOf(error: NodeJS.ErrnoException): string {
  return reasons[error.code ?? ''] ?? `no TLS: ${error.code ?? error.message}`;
}
