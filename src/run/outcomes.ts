import type { WantedOutcome } from './operations.ts';
import { wantedInWords } from './operations.ts';

/**
 * How every operation may end beside what it is for. All are ends on purpose: a *failed*
 * workflow means a defect of ours.
 */
const otherEnds = {
  planned: 'Planned.',
  refused: 'Refused.',
  rejected: 'Rejected.',
  expired: 'The approval expired.',
  'called off': 'Called off.',
  aborted: 'Aborted.',
} as const;

export type Outcome = WantedOutcome | keyof typeof otherEnds;

/** Whether a run has done what it was started for. */
export function isWanted(outcome: Outcome): boolean {
  return outcome === 'planned' || wantedInWords(outcome) !== undefined;
}

/** The outcome as a short sentence. */
export function describeOutcome(outcome: Outcome): string {
  return wantedInWords(outcome) ?? otherEnds[outcome as keyof typeof otherEnds];
}
