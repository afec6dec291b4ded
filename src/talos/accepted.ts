import { connect } from 'node:tls';
import { Failure } from '../run/failure.ts';
import { type CallOptions, type MachineAddress, nameOf } from './access.ts';
import { talosApiPort } from './probe.ts';
import { type Credentials, credentialsOf } from './talosconfig.ts';
import { withTimeLimit } from './time-limit.ts';

export interface Presented {
  /** Path of the talosconfig whose client certificate is presented. */
  readonly talosconfig: string;
  /**
   * Path of the talosconfig of the set under which the machine runs: the machine has to show a certificate of
   * its CA, and knows this one.
   */
  readonly trusted: string;
}

/**
 * Whether a machine accepts the client certificate of a talosconfig, as the machine itself shows: it speaks first where
 * it does, and ends the connection with a TLS alert about the certificate where it does not. A machine that we would
 * not trust has refused nobody: fails with `UnexpectedCondition` where it shows a certificate of another CA than the
 * trusted one, and with `NodeUnreachable` where it shows neither.
 */
export async function isAccepted(
  machine: Pick<MachineAddress, 'address' | 'node'>,
  { talosconfig, trusted }: Presented,
  options: KnockOptions = {},
): Promise<boolean> {
  const own = await credentialsOf(trusted);
  const presented = { ...(await credentialsOf(talosconfig)), ca: own.ca };
  const answer = await knock(machine, presented, options);
  if (answer !== 'hung up') return answer === 'spoke';
  // Without an alert it may only be on its way down: then it does not accept its own set's certificate either.
  const isUp = (await knock(machine, own, options)) === 'spoke';
  if (isUp && (await knock(machine, presented, options)) === 'hung up') return false;
  throw new Failure('NodeUnreachable', `${nameOf(machine)}: ended the connection without saying why.`);
}

type KnockOptions = CallOptions & { readonly port?: number };

type Answer = 'spoke' | 'turned away' | 'hung up';

/**
 * OpenSSL's names of TLS alerts by which a server refuses a certificate. Some servers call it a decrypt error when
 * another CA of the same name has signed it. CERTIFICATE_REQUIRED is not among them: it would mean that no
 * certificate was presented.
 */
const certificateAlert =
  /ALERT_(UNKNOWN_CA|DECRYPT_ERROR|BAD_CERTIFICATE|ACCESS_DENIED|CERTIFICATE_(UNKNOWN|EXPIRED|REVOKED))$/;

/**
 * Presents a client certificate and waits for what the machine does about it. Nothing is written: a request
 * that crosses an alert resets the connection, and the alert is lost. An HTTP/2 server that is content
 * sends its settings unasked.
 */
async function knock(
  machine: Pick<MachineAddress, 'address' | 'node'>,
  credentials: Credentials,
  { timeoutMs = 5000, signal, port = talosApiPort }: KnockOptions,
): Promise<Answer> {
  const limit = withTimeLimit(timeoutMs, signal);
  signal?.throwIfAborted();
  const socket = connect({
    host: machine.address,
    port,
    ALPNProtocols: ['h2'],
    minVersion: 'TLSv1.3',
    ...credentials,
  });
  let isTrusted = false;
  const unreachable = (why: string): Failure => new Failure('NodeUnreachable', `${nameOf(machine)}: ${why}.`);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      limit.addEventListener('abort', () => reject(unreachable('says nothing')), { once: true });
      socket.once('secureConnect', () => (isTrusted = true));
      socket.once('data', () => resolve('spoke'));
      socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
        if (certificateAlert.test(code)) resolve('turned away');
        else if (isTrusted) resolve('hung up');
        else if (socket.authorizationError) reject(shownAnother(machine));
        else reject(unreachable(`does not answer (${code})`));
      });
      socket.once('close', () => (isTrusted ? resolve('hung up') : reject(unreachable('ended the handshake'))));
    });
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
    signal?.throwIfAborted();
  }
}

function shownAnother(machine: Pick<MachineAddress, 'address' | 'node'>): Failure {
  return new Failure(
    'UnexpectedCondition',
    `${nameOf(machine)}: shows a certificate of another set, so whom it lets in says nothing about the new cluster.`,
  );
}
