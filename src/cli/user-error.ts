import { type ExitCode, exitCodes } from './exit-codes.ts';

/**
 * Something that the person at the terminal can put right: shown as one clear line and, where it helps, details below
 * it. Everything else that is thrown is a defect of ours and shown with its stack.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly details: readonly string[];
  readonly exitCode: ExitCode;

  constructor(message: string, options: { details?: readonly string[]; exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.details = options.details ?? [];
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}

/** The command line itself is wrong: exit code 64. */
export function usageError(message: string, ...details: string[]): UserError {
  return new UserError(message, { details, exitCode: exitCodes.usage });
}
