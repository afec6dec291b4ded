/**
 * An activity of a run that is under way, as Temporal's own books have it: finer than `Progress`,
 * and there without a worker.
 */
export interface PendingStep {
  /** Absent for a step of the whole cluster. */
  readonly node?: string;
  readonly activity: string;
  readonly attempt: number;
  /** What the last heartbeat said. */
  readonly seen?: string;
  readonly lastFailure?: string;
  /** ISO 8601; there while it waits for its next attempt. */
  readonly nextAttemptAt?: string;
}

/**
 * What a step sees, and when it was tried before, why that failed; empty where there is nothing
 * to tell beyond its stage.
 */
export function describeStep(step: PendingStep): string {
  const parts = step.seen === undefined ? [] : [step.seen];
  if (step.attempt > 1) parts.push(`attempt ${step.attempt}`);
  if (step.lastFailure !== undefined) parts.push(`last: ${step.lastFailure}`);
  return parts.join(' · ').replaceAll(/\s+/g, ' ');
}
