/**
 * Every way in which a step can fail, and whether trying again by itself can help. Classes do not survive the way from an
 * activity to its workflow, so workflows branch on these names.
 */
export const failureTypes = {
  NodeUnreachable: { retryable: true },
  CommandFailed: { retryable: true },
  KubernetesUnavailable: { retryable: true },
  NotYet: { retryable: false },
  WrongMachine: { retryable: false },
  ForeignCluster: { retryable: false },
  UnexpectedCondition: { retryable: false },
  CredentialsRefused: { retryable: false },
  ConfigurationRefused: { retryable: false },
  ClusterFileInvalid: { retryable: false },
  PreconditionsFailed: { retryable: false },
  PlanChanged: { retryable: false },
  BootstrapRefused: { retryable: false },
  ClusterUnhealthy: { retryable: false },
  FailoverFailed: { retryable: false },
  FilesDamaged: { retryable: false },
  ToolMissing: { retryable: false },
} as const satisfies Record<string, { readonly retryable: boolean }>;

export type FailureType = keyof typeof failureTypes;

/**
 * A step failed in a way that a person can understand: verdict first, then what was seen, what has not happened, what to do.
 * Holds no secrets. Activities turn it into Temporal's failure; nothing else is thrown on purpose.
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

export function isFailureType(name: string | null | undefined): name is FailureType {
  return name !== null && name !== undefined && Object.hasOwn(failureTypes, name);
}
