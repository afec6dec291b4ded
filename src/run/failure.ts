/**
 * Every way in which a step can fail. Classes do not survive the way from an activity to its workflow, so
 * workflows branch on these names.
 */
export const failureTypes = [
  'NodeUnreachable',
  'CommandFailed',
  'KubernetesUnavailable',
  'NotYet',
  'WrongMachine',
  'ForeignCluster',
  'UnexpectedCondition',
  'CredentialsRefused',
  'ConfigurationRefused',
  'ClusterFileInvalid',
  'PreconditionsFailed',
  'PlanChanged',
  'BootstrapRefused',
  'ClusterUnhealthy',
  'FailoverFailed',
  'FilesDamaged',
  'BackupIncomplete',
  'AmendmentRefused',
  'ToolMissing',
] as const;

export type FailureType = (typeof failureTypes)[number];

/**
 * A step failed in a way that a person can understand: verdict first, then what was seen, what has not happened, what
 * to do. Holds no secrets. Activities turn it into Temporal's failure; nothing else is thrown on purpose.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly type: FailureType;
  /** For machines: what was expected and seen. */
  readonly details: unknown;

  constructor(type: FailureType, message: string, options: { details?: unknown; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.type = type;
    this.details = options.details;
  }
}

/** Whether this was thrown on purpose, and of this type. */
export function isFailure(error: unknown, type: FailureType): error is Failure {
  return error instanceof Failure && error.type === type;
}

export function isFailureType(name: string | null | undefined): name is FailureType {
  return failureTypes.some((type) => type === name);
}
