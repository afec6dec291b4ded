import { Failure, type FailureType } from '../run/failure.ts';

/** What `talosctl` said when it failed, made out of its text: its exit code is 1 whatever happened. */
export interface Problem {
  readonly type: FailureType;
  /** The gRPC code, such as `AlreadyExists`, where one was given. */
  readonly code?: string;
  /** What became of the request: the machine refused it, it never got there, or nobody knows. */
  readonly outcome: 'refused' | 'not sent' | 'unknown';
  /** What was seen, in a few words that follow the machine's name. */
  readonly verdict: string;
}

type Kind = 'credentials' | 'maintenance' | 'local';

const unreachable =
  /connection refused|no route to host|network is unreachable|i\/o timeout|connect: |dial tcp|no such host/;
const refusedByClient =
  /authentication handshake failed.*(x509|tls: failed to verify)|certificate signed by unknown authority|x509: /s;
const refusedByServer =
  /remote error: tls: (certificate required|bad certificate|unknown certificate authority|expired certificate|unknown certificate|unsupported certificate)/;
const badTalosconfig =
  /failed to open config file|failed to resolve config context|failed to determine endpoints|error constructing client|context ".*" is not defined|failed to create TLS config/;

/**
 * Classifies the error text of `talosctl`. Sources: Talos's code of each command, gRPC's own texts. The code is matched
 * rather than the text wherever there is one, for the text of a broken handshake depends on which side lost the race.
 */
export function classify(stderr: string, kind: Kind): Problem {
  const code = /\bcode = (\w+)/.exec(stderr)?.[1];
  const problem = (type: FailureType, outcome: Problem['outcome'], verdict: string): Problem => ({
    type,
    outcome,
    verdict,
    ...(code === undefined ? {} : { code }),
  });
  if (/leaf peer certificate doesn't match/.test(stderr)) {
    return problem('WrongMachine', 'not sent', 'shows another certificate than a moment ago');
  }
  if (kind !== 'local' && badTalosconfig.test(stderr)) {
    return problem('CredentialsRefused', 'not sent', 'cannot be called with this talosconfig');
  }
  if (refusedByServer.test(stderr)) {
    return kind === 'maintenance'
      ? problem('UnexpectedCondition', 'not sent', 'is configured, not in maintenance mode')
      : problem('CredentialsRefused', 'not sent', 'does not accept this client certificate');
  }
  if (code === 'Unavailable' && refusedByClient.test(stderr)) {
    return problem(
      'CredentialsRefused',
      'not sent',
      "is not under this talosconfig's CA: in maintenance mode, or another cluster's",
    );
  }
  switch (code) {
    case 'Unavailable':
      return problem('NodeUnreachable', unreachable.test(stderr) ? 'not sent' : 'unknown', 'does not answer');
    case 'DeadlineExceeded':
    case 'Canceled':
      return problem('NodeUnreachable', 'unknown', 'did not answer in time');
    case 'PermissionDenied':
    case 'Unauthenticated':
      return problem('CredentialsRefused', 'refused', 'does not allow this with these credentials');
    case 'InvalidArgument':
    case 'FailedPrecondition':
    case 'AlreadyExists':
    case 'NotFound':
    case 'Unimplemented':
    case 'OutOfRange':
      return problem('CommandFailed', 'refused', 'refused');
    case undefined:
      if (kind === 'local') return problem('CommandFailed', 'not sent', 'talosctl failed');
      if (unreachable.test(stderr)) return problem('NodeUnreachable', 'not sent', 'does not answer');
      return problem('CommandFailed', 'unknown', 'failed');
    default:
      return problem('CommandFailed', 'unknown', 'failed');
  }
}

/** The gRPC code of a failure that `runTalosctl` threw, such as `FailedPrecondition`. */
export function codeOf(error: unknown): string | undefined {
  return detailsOf(error)?.code;
}

/** What became of the request of a failed call; anything else that was thrown leaves it unknown. */
export function outcomeOf(error: unknown): Problem['outcome'] {
  return detailsOf(error)?.outcome ?? 'unknown';
}

/** Whether the machine said that this exists, such as etcd's data on a second bootstrap. */
export function isAlreadyExists(error: unknown): boolean {
  return codeOf(error) === 'AlreadyExists';
}

export function isNotFound(error: unknown): boolean {
  return codeOf(error) === 'NotFound';
}

/**
 * Whether asking the same once more may well help: the machine did not answer, or failed at it without saying no. After
 * a request that changes something, look first what became of it.
 */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof Failure)) return false;
  return error.type === 'NodeUnreachable' || (error.type === 'CommandFailed' && outcomeOf(error) === 'unknown');
}

/** The redacted end of what talosctl wrote to stderr. */
export function stderrOf(error: unknown): string {
  return detailsOf(error)?.stderr ?? '';
}

/** What a failure of `talosctl` carries for machines. */
export interface TalosctlFailureDetails {
  readonly command: string;
  readonly code?: string;
  readonly outcome: Problem['outcome'];
  readonly stderr: string;
}

function detailsOf(error: unknown): TalosctlFailureDetails | undefined {
  if (!(error instanceof Failure)) return undefined;
  const { details, cause } = error;
  if (typeof details === 'object' && details !== null && 'outcome' in details && 'stderr' in details)
    return details as TalosctlFailureDetails;
  return detailsOf(cause); // a failure with a name of its own, made out of what talosctl said
}
