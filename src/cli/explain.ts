import { type ExitCode, exitCodes } from './exit-codes.ts';
import { UserError } from './user-error.ts';

/** Errors of the other layers whose messages are written for people: verdict, what was seen, what to do. */
const forPeople = new Set([
  'Failure',
  'ToolMissing',
  'TemporalUnreachable',
  'BadConnectionSettings',
  'EmbeddedServerRefused',
  'SearchAttributesMissing',
]);

/** An error as lines for the person, and what the program ends with. */
export function explain(error: unknown): { readonly lines: readonly string[]; readonly exitCode: ExitCode } {
  if (error instanceof UserError) {
    return { lines: [error.message, ...error.details.map((line) => `  ${line}`)], exitCode: error.exitCode };
  }
  if (error instanceof Error && forPeople.has(error.name)) {
    return { lines: [error.message], exitCode: exitCodes.failed };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    lines: ['This is a defect of talos-rebuild, not a mistake of yours.', stack],
    exitCode: exitCodes.failed,
  };
}
