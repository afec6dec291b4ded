import { isWanted } from '../run/outcomes.ts';
import type { Progress } from '../run/progress.ts';

/** What every command ends with; scripts may rely on it. 64 is EX_USAGE of sysexits.h. */
export const exitCodes = { done: 0, failed: 1, waiting: 2, usage: 64 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit codes in words, for every `--help`. */
export const exitCodesHelp = `
Exit codes:
  0   done, or under way with nothing to answer
  1   failed, or findings forbid it
  2   waiting for a person: a plan to approve or a question to answer
  64  wrong usage`;

/** What a run's state means for a script: an open question is 2, an end that was not wanted is 1. */
export function exitCodeOf(progress: Pick<Progress, 'outcome' | 'gates'>): ExitCode {
  const { outcome, gates } = progress;
  if (outcome === undefined) return gates.length > 0 ? exitCodes.waiting : exitCodes.done;
  return isWanted(outcome) ? exitCodes.done : exitCodes.failed;
}
